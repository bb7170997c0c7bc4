"""HTTP/1.1 for a proxy: a server and a client that say exactly what went over the wire."""
