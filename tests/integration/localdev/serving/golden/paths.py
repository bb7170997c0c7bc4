"""What the app does by path."""

import asyncio
import base64
from collections.abc import Awaitable, Callable

from tests.integration.localdev.serving.golden import frames
from tests.integration.localdev.serving.golden.call import Call, head_of

TEXT = ("Content-Type", "text/plain")
CHUNKED = ("Transfer-Encoding", "chunked")
_HELLO_IN_GZIP = base64.b64decode("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==")


async def echo(call: Call) -> None:
    await call.read_body()
    await call.answer(b"echo", [TEXT])


async def _sleep(call: Call) -> None:
    await call.read_body()
    if await call.pause(call.seconds("s")):
        await call.answer(b"slept")


async def _stream(call: Call) -> None:
    await call.read_body()
    pause = call.seconds("first")
    call.seen["chunks_sent"] = 0
    for index in range(int(call.query["n"])):
        if pause and not await call.pause(pause):
            return
        head = b"" if index else head_of("200 OK", [TEXT, CHUNKED])
        await call.send(head + _chunk(f"chunk{index}\n".encode()))
        call.seen["chunks_sent"] += 1
        pause = call.seconds("gap")
    await call.send(b"0\r\n\r\n")
    call.seen["finished"] = True


async def _content_length(call: Call) -> None:
    await call.read_body()
    first = int(call.query["send"])
    await call.send(head_of("200 OK", [TEXT, ("Content-Length", "100")]) + b"x" * first)
    if call.seconds("s") and not await call.pause(call.seconds("s")):
        return
    if "rest" in call.query:
        await call.send(b"x" * (100 - first))
    else:
        call.stays_open = False


async def _close(call: Call) -> None:
    await call.read_body()
    call.stays_open = False


async def _crash_in_chunks(call: Call) -> None:
    await call.read_body()
    await call.send(head_of("200 OK", [TEXT, CHUNKED]) + _chunk(b"hello"))
    await call.pause(0.2)
    call.stays_open = False


async def _garbage(call: Call) -> None:
    await call.read_body()
    await call.send(b"NONSENSE\r\n")
    call.stays_open = False


async def _continue(call: Call) -> None:
    await call.send(head_of("100 Continue", []))
    call.seen["sent_100"] = True
    await call.answer(f"got {await call.read_body()}".encode())


async def _no_continue(call: Call) -> None:
    await call.answer(b"no thanks", [("Connection", "close")], "417 Expectation Failed")
    call.stays_open = False


async def _hints(call: Call) -> None:
    await call.read_body()
    await call.send(head_of("103 Early Hints", [("Link", "</a.css>; rel=preload")]))
    if await call.pause(call.seconds("s")):
        await call.answer(b"done")


async def _http10(call: Call) -> None:
    await call.read_body()
    await call.send(head_of("200 OK", [TEXT], "HTTP/1.0") + b"old style")
    call.stays_open = False


async def _no_content_type(call: Call) -> None:
    await call.read_body()
    await call.answer(b"<html>")


async def _gzip(call: Call) -> None:
    await call.read_body()
    await call.answer(_HELLO_IN_GZIP, [TEXT, ("Content-Encoding", "gzip")])


async def _status(call: Call) -> None:
    await call.read_body()
    code = call.query["code"]
    elsewhere = ("Location", "http://elsewhere.example.com/x")
    headers = [elsewhere] if "300" <= code <= "303" else []
    await call.answer(b"status body", headers, f"{code} {call.query['reason']}")


async def _response_headers(call: Call) -> None:
    await call.read_body()
    cookies = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    await call.answer(
        b"ok", [("Server", "myapp"), *cookies, ("X-Empty", ""), ("x-lower-case", "v")]
    )


async def _websocket(call: Call) -> None:
    key = call.header("sec-websocket-key")
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
    accept = ("Sec-WebSocket-Accept", frames.accept(key))
    await call.send(head_of("101 Switching Protocols", [*upgrade, accept]))
    started = asyncio.get_running_loop().time()
    call.stays_open = False
    call.seen["ws_messages"] = 0
    if await _echo_messages(call):
        call.seen["ws_close_frame_from_client"] = True
    else:
        after = asyncio.get_running_loop().time() - started
        call.seen["ws_ended_without_close_frame_after_s"] = round(after, 3)


async def _echo_messages(call: Call) -> bool:
    """Until the connection ends: whether a close frame ended it."""
    received = bytearray()
    try:
        while data := await call.reader.read(4096):
            received += data
            while found := frames.take_frame(received):
                await call.send(frames.frame(*found, masked=False))
                if found[0] == frames.CLOSE:
                    return True
                call.seen["ws_messages"] += 1
    except ConnectionError:
        pass  # an end without a close frame, like any other
    return False


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


PATHS: dict[str, Callable[[Call], Awaitable[None]]] = {
    "/sleep": _sleep,
    "/stream": _stream,
    "/cl": _content_length,
    "/close": _close,
    "/crashchunk": _crash_in_chunks,
    "/garbage": _garbage,
    "/100": _continue,
    "/no100": _no_continue,
    "/hints": _hints,
    "/http10": _http10,
    "/noct": _no_content_type,
    "/gzip": _gzip,
    "/status": _status,
    "/resphdr": _response_headers,
    "/ws": _websocket,
}
"""Any other path, `/echo` among them, answers 200 `echo` after reading the body."""
