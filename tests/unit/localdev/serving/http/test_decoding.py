import asyncio

import pytest

from localdev.serving.http.bodies import Body, BodyBrokenError
from localdev.serving.http.decoding import (
    ChunkedDecoder,
    LengthDecoder,
    RawDecoder,
    chunk,
    last_chunk,
)


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


def _all_of(body: Body) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in body.chunks()])

    return asyncio.run(read())


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_chunks_and_trailers_may_be_cut_anywhere(step):
    body = Body(None, _Transport())
    decoder = ChunkedDecoder(body)
    wire = chunk(b"hello ") + b"A;name=value\r\n0123456789\r\n" + last_chunk([(b"X-T", b"1")])
    wire += b"GET /next"
    rest = b""
    for at in range(0, len(wire), step):
        piece = wire[at : at + step]
        rest += piece if body.is_complete else decoder.feed(piece)
    assert _all_of(body) == b"hello 0123456789"
    assert body.trailers == [(b"X-T", b"1")]
    assert rest == b"GET /next"


@pytest.mark.parametrize(
    "wire",
    [b"x\r\n", b"-1\r\n", b"0x5\r\nhello\r\n", b"1_0\r\n", b"\r\n", b"5\r\nhellooo", b"1" * 9999],
)
def test_a_wrong_chunk_breaks_the_body(wire):
    body = Body(None, _Transport())
    ChunkedDecoder(body).feed(wire)
    with pytest.raises(BodyBrokenError):
        _all_of(body)


def test_a_known_length_leaves_the_rest_alone():
    body = Body(5, _Transport())
    decoder = LengthDecoder(body)
    assert decoder.feed(b"he") == b""
    assert not body.is_complete
    assert decoder.feed(b"lloGET") == b"GET"
    assert _all_of(body) == b"hello"


def test_a_body_that_ends_early_gives_what_has_come_and_then_the_error():
    async def scenario() -> None:
        body = Body(5, _Transport())
        decoder = LengthDecoder(body)
        decoder.feed(b"he")
        decoder.end(BodyBrokenError("gone"))
        assert await body.next() == b"he"
        with pytest.raises(BodyBrokenError, match="gone"):
            await body.next()

    asyncio.run(scenario())


def test_a_raw_body_lasts_until_the_connection_ends():
    body = Body(None, _Transport())
    decoder = RawDecoder(body)
    decoder.feed(b"a")
    decoder.feed(b"b")
    decoder.end(ConnectionError())
    assert _all_of(body) == b"ab"


def test_a_connection_rests_while_nobody_takes_its_body():
    async def scenario() -> None:
        transport = _Transport()
        body = Body(None, transport)
        body.feed(b"x" * 100_000)
        assert transport.is_paused
        assert await body.next() == b"x" * 100_000
        assert not transport.is_paused

    asyncio.run(scenario())


def test_reading_up_to_a_limit_takes_nothing_of_a_longer_body():
    async def scenario() -> None:
        body = Body(None, _Transport())
        body.feed(b"0123456789")
        assert await body.read(5) is None
        body.finish()
        assert await body.read(10) == b"0123456789"
        assert await Body(11, _Transport()).read(10) is None

    asyncio.run(scenario())


def test_a_limit_above_the_high_water_mark_can_be_reached():
    async def scenario() -> None:
        transport = _Transport()
        body = Body(None, transport)
        body.feed(b"x" * 100_000)
        reading = asyncio.create_task(body.read(300_000))
        await asyncio.sleep(0)
        assert not transport.is_paused
        body.feed(b"x" * 100_000)
        body.finish()
        assert len(await reading or b"") == 200_000

    asyncio.run(scenario())


def test_the_next_reader_is_woken_after_one_that_was_cancelled():
    async def scenario() -> None:
        body = Body(None, _Transport())
        first = asyncio.create_task(body.next())
        await asyncio.sleep(0)
        first.cancel()
        second = asyncio.ensure_future(body.next())
        await asyncio.wait([first])
        await asyncio.sleep(0)
        body.feed(b"x")
        assert await asyncio.wait_for(second, 5) == b"x"

    asyncio.run(scenario())
