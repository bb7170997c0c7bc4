"""The three time limits of one request (serving pkg/http/handler/timeout.go)."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from localdev.serving.http.exchange import Exchange

_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a Revision limits. All in seconds but ``concurrency``; 0 is off.

    ``timeout_seconds``: the whole request; ``response_start_seconds``: to the first byte or header
    written; ``idle_seconds``: since the last of them. ``quiet_seconds``: how long a drain waits
    without requests; ``hijacked_seconds``: how long its end waits for upgraded connections.
    """

    concurrency: int = 0
    timeout_seconds: float = 300
    response_start_seconds: float = 0
    idle_seconds: float = 0
    is_full_duplex: bool = False
    quiet_seconds: float = 30
    hijacked_seconds: float = 60


async def within_limits(
    exchange: Exchange, limits: Limits, text: str, work: Awaitable[None]
) -> None:
    """Awaits ``work``; when a limit passes, cancels it and says ``text`` with status 504.

    If the answer has begun, the text ends it; a connection that was taken over is cut, however
    busy it is.
    """
    watch = _Watch(exchange, limits)
    try:
        await work
    except asyncio.CancelledError:
        if not watch.take_back():
            raise
    else:
        watch.take_back()
    finally:
        watch.stop()
    if watch.is_expired:
        await _say(exchange, text.encode())


class _Watch:
    """All limits by one timer of the event loop at a time."""

    __slots__ = (
        "_cancelling",
        "_exchange",
        "_limits",
        "_loop",
        "_start",
        "_task",
        "_timer",
        "is_expired",
    )

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self.is_expired = False
        self._exchange = exchange
        self._limits = limits
        self._task = task
        self._cancelling = task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._timer = self._loop.call_at(self._deadline(), self._check)

    def stop(self) -> None:
        """The work has ended."""
        self._timer.cancel()

    def take_back(self) -> bool:
        """Takes our cancellation back, if there was one; whether no other is left."""
        return self.is_expired and self._task.uncancel() <= self._cancelling

    def _deadline(self) -> float:
        limits, written_at = self._limits, self._exchange.written_at
        deadline = self._start + limits.timeout_seconds
        if limits.response_start_seconds > 0 and written_at is None:
            deadline = min(deadline, self._start + limits.response_start_seconds)
        if limits.idle_seconds > 0:
            deadline = min(deadline, (written_at or self._start) + limits.idle_seconds)
        return deadline

    def _check(self) -> None:
        deadline = self._deadline()
        if deadline > self._loop.time():
            self._timer = self._loop.call_at(deadline, self._check)
        else:
            self.is_expired = True
            self._task.cancel()


async def _say(exchange: Exchange, text: bytes) -> None:
    if exchange.hijacked or exchange.finished:
        return
    if not exchange.started:
        await exchange.answer(_GATEWAY_TIMEOUT, text)
        return
    length = exchange.answer_length
    if length is None or exchange.sent_bytes + len(text) <= length:
        await exchange.write(text)
    await exchange.end()
