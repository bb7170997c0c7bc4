"""Plays many cases at once and measures how late this machine was meanwhile."""

import asyncio
import traceback
from dataclasses import dataclass, field
from typing import Any

from tests.integration.localdev.serving.golden.comparison import differences
from tests.integration.localdev.serving.golden.program import started
from tests.integration.localdev.serving.golden.scenarios import WITHOUT_APP, Case, scenario_of

AT_ONCE = 12
STARTING_AT_ONCE = 2
ATTEMPTS = 3
LATE_SECONDS = 0.1
NAP_SECONDS = 0.05
HOPS = 2
"""On the way to the app and on the way back somebody may wake up late."""
GRACE_SECONDS = 60


@dataclass
class Outcome:
    """What came of a case: the differences, and with them what helps to understand them."""

    differences: list[str] = field(default_factory=list)
    slack_seconds: float = 0.0
    stderr: str = ""

    def __str__(self) -> str:
        said = f"\nthe program wrote:\n{self.stderr}" if self.stderr.strip() else ""
        late = f"\n(allowed for this machine's lateness: {self.slack_seconds:.3f} s)"
        return "\n".join(self.differences) + late + said


class Lateness:
    """How late naps of 50 ms wake up; the worst in a span of time bounds what is the machine's."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + NAP_SECONDS
            await asyncio.sleep(NAP_SECONDS)
            self._late.append((loop.time(), loop.time() - due))

    async def worst_since(self, moment: float) -> float:
        """The nap that is on is waited for: it says how late the last moments were."""
        await asyncio.sleep(2 * NAP_SECONDS)
        return max((late for when, late in self._late if when >= moment), default=0.0)


class Run:
    """One run over many cases, the longest first."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._lateness = Lateness()
        self._playing = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Semaphore(STARTING_AT_ONCE)

    async def all(self, cases: list[Case]) -> dict[str, Outcome]:
        watching = asyncio.create_task(self._lateness.watch())
        ordered = sorted(cases, key=lambda case: -_seconds(case["observed"]))
        outcomes = await asyncio.gather(*(self._outcome(case) for case in ordered))
        watching.cancel()
        await asyncio.wait([watching])
        return {case["name"]: outcome for case, outcome in zip(ordered, outcomes, strict=True)}

    async def _outcome(self, case: Case) -> Outcome:
        """Once more, if it differs and the machine was too late to be believed."""
        outcome = Outcome()
        for _ in range(ATTEMPTS):
            async with self._playing:
                try:
                    outcome = await self._play(case)
                except Exception:  # noqa: BLE001 - whatever it is, it is the result of this case
                    outcome = Outcome([f"{case['name']}: {traceback.format_exc()}"])
            if not outcome.differences or outcome.slack_seconds < LATE_SECONDS * HOPS:
                break
        return outcome

    async def _play(self, case: Case) -> Outcome:
        scenario = scenario_of(case)
        assert scenario, f"{case['name']}: no scenario plays it"
        listens = case["name"] not in WITHOUT_APP
        pairing = started(self._host, case["setup"], self._starting, app_listens=listens)
        async with pairing as pair:
            begun = asyncio.get_running_loop().time()
            async with asyncio.timeout(_seconds(case["observed"]) + GRACE_SECONDS):
                got = pair.as_recorded(await scenario(pair, case))
            slack = await self._lateness.worst_since(begun) * HOPS
            return Outcome(differences(case, got, slack), slack, pair.stderr())


def run(host: str, cases: list[Case]) -> dict[str, Outcome]:
    """The outcome of each case, by its name."""

    async def all_of_it() -> dict[str, Outcome]:
        return await Run(host).all(cases)

    return asyncio.run(all_of_it())


def _seconds(observed: Any) -> float:
    """About how long the case takes: the longest time in each exchange, added up."""
    if isinstance(observed, dict):
        times = [value for name, value in observed.items() if name in _SPANS]
        parts = [_seconds(value) for name, value in observed.items() if name not in _SPANS]
        return max([*(t for t in times if isinstance(t, float)), sum(parts)], default=0.0)
    return sum(map(_seconds, observed)) if isinstance(observed, list) else 0.0


_SPANS = {"elapsed_s", "after_s", "seconds_after_term"}
