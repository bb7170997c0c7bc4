import asyncio

import pytest

from localdev.serving.breaker import Breaker, QueueFullError


def test_so_many_at_once_and_the_others_first_come_first_served():
    async def scenario() -> None:
        breaker, order = Breaker(2), []
        gate = asyncio.Event()

        async def work(number: int) -> None:
            async with breaker.admit():
                order.append(number)
                assert breaker.active <= 2
                await gate.wait()

        tasks = [asyncio.create_task(work(number)) for number in range(5)]
        await asyncio.sleep(0)
        assert (breaker.active, breaker.queued, order) == (2, 3, [0, 1])
        gate.set()
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2, 3, 4]
        assert breaker.active == 0

    asyncio.run(scenario())


def test_a_full_queue_refuses():
    async def scenario() -> None:
        breaker = Breaker(1, queue_depth=1)
        async with breaker.admit():
            waiting = asyncio.create_task(_enter(breaker))
            await asyncio.sleep(0)
            with pytest.raises(QueueFullError, match="pending request queue full"):
                await _enter(breaker)
        await waiting

    asyncio.run(scenario())


def test_without_a_limit_only_the_depth_bounds():
    async def scenario() -> None:
        breaker = Breaker(0, queue_depth=2)
        async with breaker.admit(), breaker.admit():
            with pytest.raises(QueueFullError):
                await _enter(breaker)

    asyncio.run(scenario())


def test_one_who_leaves_the_queue_frees_its_place():
    async def scenario() -> None:
        breaker = Breaker(1, queue_depth=1)
        async with breaker.admit():
            leaving = asyncio.create_task(_enter(breaker))
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.wait([leaving])
            assert breaker.queued == 0
            staying = asyncio.create_task(_enter(breaker))
            await asyncio.sleep(0)
        await staying
        assert breaker.active == 0

    asyncio.run(scenario())


def test_a_slot_handed_to_one_who_leaves_at_that_moment_is_not_lost():
    async def scenario() -> None:
        breaker = Breaker(1)
        async with breaker.admit():
            leaving = asyncio.create_task(_enter(breaker))
            await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert breaker.active == 0
        await _enter(breaker)

    asyncio.run(scenario())


async def _enter(breaker: Breaker) -> None:
    async with breaker.admit():
        pass
