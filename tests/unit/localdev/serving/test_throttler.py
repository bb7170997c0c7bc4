import asyncio
from dataclasses import dataclass

import pytest

from localdev.serving.throttler import ThrottledError, Throttler


@dataclass(frozen=True)
class Pod:
    name: str


A, B, C = Pod("a"), Pod("b"), Pod("c")


def scenario(steps) -> None:
    async def run() -> None:
        async with asyncio.timeout(5):
            await steps()

    asyncio.run(run())


async def waiting(throttler: Throttler[Pod], count: int) -> "list[asyncio.Task[Pod]]":
    tasks = [asyncio.create_task(throttler.take()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


def test_requests_wait_until_a_replica_is_there():
    async def steps():
        throttler: Throttler[Pod] = Throttler(0)
        tasks = await waiting(throttler, 3)
        assert (throttler.queued, throttler.active) == (3, 0)
        throttler.add(A)
        assert await asyncio.gather(*tasks) == [A, A, A]
        assert (throttler.queued, throttler.active) == (0, 3)

    scenario(steps)


def test_the_queue_is_first_come_first_served():
    async def steps():
        throttler: Throttler[Pod] = Throttler(1)
        throttler.add(A)
        await throttler.take()
        tasks = await waiting(throttler, 3)
        for number in range(3):
            throttler.release(A)
            await asyncio.sleep(0)
            assert [task.done() for task in tasks] == [index <= number for index in range(3)]

    scenario(steps)


def test_a_full_queue_turns_the_next_one_away():
    async def steps():
        throttler: Throttler[Pod] = Throttler(1, depth=2)
        tasks = await waiting(throttler, 2)
        with pytest.raises(ThrottledError, match="pending request queue full"):
            await throttler.take()
        throttler.turn_away("enough")
        assert [str(error) for error in await asyncio.gather(*tasks, return_exceptions=True)] == [
            "enough",
            "enough",
        ]

    scenario(steps)


def test_one_who_leaves_frees_the_place_in_the_queue():
    async def steps():
        throttler: Throttler[Pod] = Throttler(1, depth=2)
        first, second = await waiting(throttler, 2)
        first.cancel()
        await asyncio.wait([first])
        (third,) = await waiting(throttler, 1)
        throttler.add(A)
        assert await second is A
        throttler.release(A)
        assert await third is A

    scenario(steps)


def test_one_who_leaves_in_the_moment_of_the_turn_passes_it_on():
    async def steps():
        throttler: Throttler[Pod] = Throttler(1)
        first, second = await waiting(throttler, 2)
        throttler.add(A)
        first.cancel()
        assert await second is A
        assert throttler.active == 1

    scenario(steps)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_small_concurrency_fills_the_first_replica_before_the_next(concurrency):
    async def steps():
        throttler: Throttler[Pod] = Throttler(concurrency)
        throttler.add(A)
        throttler.add(B)
        taken = [await throttler.take() for _ in range(2 * concurrency)]
        assert taken == [A] * concurrency + [B] * concurrency

    scenario(steps)


def test_a_larger_concurrency_goes_round():
    async def steps():
        throttler: Throttler[Pod] = Throttler(10)
        for pod in (A, B, C):
            throttler.add(pod)
        taken = [await throttler.take() for _ in range(9)]
        assert {taken.count(pod) for pod in (A, B, C)} == {3}

    scenario(steps)


def test_without_a_limit_load_is_spread():
    async def steps():
        throttler: Throttler[Pod] = Throttler(0)
        throttler.add(A)
        throttler.add(B)
        taken = [await throttler.take() for _ in range(100)]
        assert abs(taken.count(A) - taken.count(B)) <= 1

    scenario(steps)


def test_a_replica_that_leaves_gets_nothing_new_and_may_end_what_it_has():
    async def steps():
        throttler: Throttler[Pod] = Throttler(1)
        throttler.add(A)
        await throttler.take()
        throttler.remove(A)
        (later,) = await waiting(throttler, 1)
        throttler.release(A)
        await asyncio.sleep(0)
        assert not later.done()
        throttler.add(B)
        assert await later is B

    scenario(steps)


def test_a_doubted_replica_gets_nothing_new_until_it_is_trusted_again():
    async def steps():
        throttler: Throttler[Pod] = Throttler(2)
        throttler.add(A)
        await throttler.take()
        throttler.doubt(A, is_doubted=True)
        (later,) = await waiting(throttler, 1)
        assert not later.done()
        throttler.doubt(A, is_doubted=False)
        assert await later is A
        assert throttler.active == 2

    scenario(steps)
