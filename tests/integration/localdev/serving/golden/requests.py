"""The bytes of a request as the recording describes it."""

from collections.abc import Iterator
from typing import Any

Request = dict[str, Any]


def head_of(request: Request, host: str) -> bytes:
    """Request line and headers in the order given; only Host and the body's framing are added."""
    headers = [(name, _long(value)) for name, value in request.get("headers", [])]
    if not request.get("no_host") and not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", host))
    if "chunks" in request:
        headers.append(("Transfer-Encoding", "chunked"))
    elif body := _body(request):
        headers.append(("Content-Length", str(len(body))))
    first = f"{request['method']} {request['target']} {request.get('version', 'HTTP/1.1')}"
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def pieces_of(request: Request) -> Iterator[tuple[float, bytes]]:
    """The body in pieces, each with the seconds to wait before it."""
    size, gap = request.get("slow_body", (0, 0.0))
    body = b"".join(_chunked(request)) if "chunks" in request else _body(request)
    step = size or max(len(body), 1)
    for start in range(0, len(body), step):
        yield (gap if start else 0.0), body[start : start + step]


def _body(request: Request) -> bytes:
    return _long({"repeat": request.get("body_repeat", [request.get("body", ""), 1])}).encode()


def _chunked(request: Request) -> Iterator[bytes]:
    for chunk in request["chunks"]:
        yield f"{len(chunk.encode()):x}\r\n{chunk}\r\n".encode()
    trailers = "".join(f"{name}: {value}\r\n" for name, value in request.get("trailers", []))
    yield f"0\r\n{trailers}\r\n".encode()


def _long(value: Any) -> str:
    text, times = value["repeat"] if isinstance(value, dict) else (value, 1)
    return str(text) * int(times)
