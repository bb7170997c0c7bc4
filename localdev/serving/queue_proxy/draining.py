"""The quiet period before an instance ends (knative.dev/pkg network/handlers/drain.go)."""

import asyncio


class Drainer:
    """Ends when no request has come for ``quiet_seconds``."""

    def __init__(self, quiet_seconds: float) -> None:
        self._quiet_seconds = quiet_seconds
        self._ended: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_draining(self) -> bool:
        """Whether a drain has begun; it lasts until it is cancelled."""
        return self._ended is not None

    async def drain(self) -> None:
        """Begins the quiet period, or joins the one that has begun, and waits for its end.

        Returns as well when the drain is cancelled.
        """
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
            self._restart()
        await asyncio.shield(self._ended)

    def touch(self) -> None:
        """A request has come: the quiet period begins again."""
        if self._timer is not None and self._ended is not None and not self._ended.done():
            self._restart()

    def cancel(self) -> None:
        """Back to normal."""
        ended, self._ended = self._ended, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if ended is not None and not ended.done():
            ended.set_result(None)

    def _restart(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._quiet_seconds, self._end)

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
