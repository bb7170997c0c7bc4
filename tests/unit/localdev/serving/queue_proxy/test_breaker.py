import asyncio

import pytest

from localdev.serving.queue_proxy.breaker import Breaker, QueueFullError


async def _work(breaker: Breaker, gate: asyncio.Event, order: list[int], number: int) -> None:
    await breaker.acquire()
    order.append(number)
    try:
        await gate.wait()
    finally:
        breaker.release()


def test_so_many_at_once_and_the_others_first_come_first_served():
    async def scenario() -> None:
        breaker, gate = Breaker(2), asyncio.Event()
        order: list[int] = []
        tasks = [asyncio.create_task(_work(breaker, gate, order, number)) for number in range(5)]
        await asyncio.sleep(0)
        assert (breaker.active, breaker.queued, order) == (2, 3, [0, 1])
        gate.set()
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2, 3, 4]
        assert breaker.active == 0

    asyncio.run(scenario())


def test_ten_more_per_slot_may_wait():
    async def scenario() -> None:
        breaker, gate = Breaker(1), asyncio.Event()
        tasks = [asyncio.create_task(_work(breaker, gate, [], number)) for number in range(11)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError, match=r"^pending request queue full$"):
            await breaker.acquire()
        gate.set()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())


def test_one_who_leaves_the_queue_frees_its_place():
    async def scenario() -> None:
        breaker = Breaker(1, queue_depth=1)
        await breaker.acquire()
        leaving = asyncio.create_task(breaker.acquire())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        assert breaker.queued == 0
        staying = asyncio.create_task(breaker.acquire())
        await asyncio.sleep(0)
        breaker.release()
        await staying
        breaker.release()
        assert breaker.active == 0

    asyncio.run(scenario())


def test_a_slot_handed_to_one_who_leaves_at_that_moment_is_not_lost():
    async def scenario() -> None:
        breaker = Breaker(1)
        await breaker.acquire()
        leaving = asyncio.create_task(breaker.acquire())
        await asyncio.sleep(0)
        breaker.release()
        leaving.cancel()
        await asyncio.wait([leaving])
        assert breaker.active == 0

    asyncio.run(scenario())
