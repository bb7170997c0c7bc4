// The hello world of Express.
import express from "express";

const app = express();
app.get("/", (_request, response) => response.json({ hello: "world" }));
app.listen(Number(process.env.PORT), process.env.HOST);
