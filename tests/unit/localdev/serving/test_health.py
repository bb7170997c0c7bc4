"""A replica that serves is asked on; one bad answer decides nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from localdev.serving import health
from localdev.serving.queue_proxy.probes import Probe

EACH_MOMENT = Probe(kind="http", period_seconds=0.001, failure_threshold=3, success_threshold=2)


async def changes(monkeypatch, answers: Sequence[bool], probe: Probe = EACH_MOMENT) -> list[bool]:
    """The verdicts while the application gives these answers."""
    left = list(answers)
    over = asyncio.Event()

    async def try_once(*_args: object, **_options: object) -> bool:
        if not left:
            over.set()
            await asyncio.Event().wait()
        return left.pop(0)

    monkeypatch.setattr(health, "try_once", try_once)
    found: list[bool] = []

    async def collect(verdicts: AsyncIterator[bool]) -> None:
        async for verdict in verdicts:
            found.append(verdict)  # noqa: PERF401 - what came before it is cancelled

    collecting = asyncio.create_task(collect(health.verdicts(probe, 1)))
    async with asyncio.timeout(10):
        await over.wait()
    collecting.cancel()
    await asyncio.wait([collecting])
    return found


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([True] * 5, []),
        ([False, False, True, False, False, True], []),
        ([False] * 3, [False]),
        ([False] * 9, [False]),
        ([False] * 3 + [True], [False]),
        ([False] * 3 + [True, False, True], [False]),
        ([False] * 3 + [True, True], [False, True]),
        ([False] * 3 + [True, True, False, False, False], [False, True, False]),
    ],
)
def test_as_many_answers_in_a_row_as_the_thresholds_say(monkeypatch, answers, expected):
    assert asyncio.run(changes(monkeypatch, answers)) == expected
