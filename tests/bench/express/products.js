// The product read in Express: the same documents, the same two queries, the same JSON.
import express from "express";
import { MongoClient } from "mongodb";

const PAGE_SIZE = 20;
const OVERLAP_MS = 10_000;
const UNSEEN = { outbox: 0, words: 0, in_stock: 0, listed_at: 0 };
const client = new MongoClient(process.env.MONGO_URL, {
  maxPoolSize: 8,
  readConcernLevel: "majority",
  appName: "bench",
});
const products = client.db().collection("products");

// What the list counts, as the products were when last looked at.
const rows = new Map();
let facets = null;
let seen = null;

// Times as Python writes them: no fraction where there is none, else six digits.
const time = (date) => {
  const text = date.toISOString();
  return text.endsWith(".000Z") ? text.replace(".000Z", "Z") : text.replace("Z", "000Z");
};

const image = (item) => ({
  id: item.id,
  url: `/media/${item.key}`,
  thumbnail_url: `/media/${item.thumbnail_key}`,
  width: item.width,
  height: item.height,
});

const view = (product) => ({
  id: product._id,
  sku: product.sku,
  title: product.title,
  description: product.description,
  category: product.category,
  price: product.price,
  in_stock: product.available > 0,
  available: product.available,
  images: product.images.map(image),
  rating: product.rating,
  created_at: time(product.created_at),
  version: product.version,
});

const count = () => {
  const categories = new Map();
  for (const row of rows.values()) {
    categories.set(row.category, (categories.get(row.category) ?? 0) + 1);
  }
  const names = [...categories.keys()].sort();
  const amounts = [...rows.values()].map((row) => row.price.amount);
  return {
    categories: names.map((name) => ({ name, count: categories.get(name) })),
    price: { min: Math.min(...amounts), max: Math.max(...amounts) },
  };
};

const refresh = async () => {
  const began = new Date();
  const changed = seen
    ? { listed_at: { $gte: new Date(seen.getTime() - OVERLAP_MS) } }
    : { deleted: false };
  const fields = { category: 1, "price.amount": 1, version: 1, deleted: 1, created_at: 1 };
  for (const row of await products.find(changed, { projection: fields }).toArray()) {
    if (rows.get(row._id)?.version === row.version) continue;
    if (row.deleted) rows.delete(row._id);
    else rows.set(row._id, row);
    facets = null;
  }
  seen = began;
  if (facets === null) {
    const newest = [...rows.values()].sort((a, b) => b.created_at - a.created_at);
    facets = { ids: newest.slice(0, PAGE_SIZE).map((row) => row._id), shown: count() };
  }
};

const app = express();

app.get("/api/products/:id", async (request, response) => {
  const product = await products.findOne({ _id: request.params.id }, { projection: UNSEEN });
  if (product === null || product.deleted) response.status(404).json({ code: "not_found" });
  else response.json(view(product));
});

app.get("/api/products", async (_request, response) => {
  await refresh();
  const found = await products
    .find({ _id: { $in: facets.ids } }, { projection: UNSEEN })
    .toArray();
  const known = new Map(found.map((product) => [product._id, product]));
  const items = facets.ids.map((id) => known.get(id)).filter((product) => !product.deleted);
  const page = { items: items.map(view), page: 1, page_size: PAGE_SIZE };
  response.json({ ...page, total: rows.size, facets: facets.shown });
});

app.listen(Number(process.env.PORT), process.env.HOST);
