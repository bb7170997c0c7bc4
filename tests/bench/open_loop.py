"""Requests at a rate, whether or not the earlier ones have been answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.bench.wire import Answer, Pool

NO_ANSWER = 0


@dataclass
class Seen:
    """What came back: ms of each answer, statuses (0: none), and the sender's own CPU."""

    asked: int = 0
    ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    own_cpu_ms: float = 0.0

    async def note(self, exchange: Awaitable[Answer], label: str) -> Answer | None:
        """Waits for one answer."""
        self.asked += 1
        began = time.perf_counter()
        try:
            answer = await exchange
        except (OSError, TimeoutError) as error:
            self.statuses[NO_ANSWER] += 1
            self.faults[f"{label}: {type(error).__name__} {error}"] += 1
            return None
        self.ms.append((time.perf_counter() - began) * 1000)
        self.statuses[answer.status] += 1
        if answer.status >= 500:
            self.faults[f"{label}: {answer.status} {answer.body[:160]!r}"] += 1
        return answer

    @property
    def failed(self) -> int:
        """Answers of 5xx and none at all."""
        bad = [status for status in self.statuses if status >= 500 or status == NO_ANSWER]
        return sum(self.statuses[status] for status in bad)


async def at_a_rate(
    act: Callable[[], Awaitable[object]], seen: Seen, rate: float, seconds: float
) -> None:
    """Starts an ``act`` whenever fewer requests have been sent than ``rate`` a second are.

    Each sends one at once, and perhaps more later, noted in ``seen``. Waits for all of them.
    Raises what an ``act`` raised.
    """
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        while (now := time.perf_counter() - began) < seconds:
            for _ in range(int(rate * now) - seen.asked):
                group.create_task(_as_coroutine(act))
            await asyncio.sleep(0.002)


async def _as_coroutine(act: Callable[[], Awaitable[object]]) -> None:
    await act()


async def steady(pool: Pool, raw: bytes, rate: float, seconds: float) -> Seen:
    """One request at a steady rate."""
    seen, cpu = Seen(), time.process_time()
    try:
        await at_a_rate(lambda: seen.note(pool.exchange(raw), "steady"), seen, rate, seconds)
    finally:
        pool.close()
    seen.own_cpu_ms = (time.process_time() - cpu) * 1000
    return seen
