"""The supervisor's side of a zygote; the test plays the zygote."""

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import asynccontextmanager

import msgspec
import pytest

from localdev.cluster.state import State
from localdev.serving.starting.channel import Channel, GoneError, OutdatedError
from localdev.serving.starting.orders import (
    Ended,
    Forked,
    MakeFunction,
    Order,
    Outdated,
    Refused,
)
from localdev.serving.starting.starter import StartError


@asynccontextmanager
async def pair(folder):
    state = State(folder)
    state.prepare()
    own, peer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel = Channel(own, state)
    with peer:
        try:
            async with asyncio.timeout(20):
                yield channel, peer
        finally:
            channel.close()


def order(word: str = "") -> MakeFunction:
    return MakeFunction("shop-tiny", {"WORD": word})


def answer(peer, report, descriptors=()) -> None:
    socket.send_fds(peer, [msgspec.json.encode(report)], descriptors)


async def asked(peer):
    peer.setblocking(False)
    data = await asyncio.get_running_loop().sock_recv(peer, 200_000)
    return msgspec.json.decode(data, type=Order).environ["WORD"]


def test_orders_are_answered_in_turn(tmp_path):
    async def steps():
        async with pair(tmp_path) as (channel, peer):
            forks = [asyncio.create_task(channel.fork("a", order(w), [])) for w in "12"]
            assert [await asked(peer), await asked(peer)] == ["1", "2"]
            with subprocess.Popen(["sleep", "60"]) as child:  # noqa: ASYNC220 - signalled below
                pidfd = os.pidfd_open(child.pid)
                answer(peer, Refused("no memory"))
                answer(peer, Forked(child.pid), [pidfd])
                os.close(pidfd)
                with pytest.raises(StartError, match="a: no memory"):
                    await forks[0]
                process = await forks[1]
                process.send(signal.SIGTERM)
                assert child.wait() == -signal.SIGTERM
            assert process.is_running  # until the zygote has told
            answer(peer, Ended(process.pid, -signal.SIGTERM))
            assert await process.wait(10) == -signal.SIGTERM
            assert channel.children == []

    asyncio.run(steps())


def test_an_outdated_zygote_names_the_file(tmp_path):
    async def steps():
        async with pair(tmp_path) as (channel, peer):
            fork = asyncio.create_task(channel.fork("a", order(), []))
            await asked(peer)
            answer(peer, Outdated("shared/runtime/serve.py"))
            with pytest.raises(OutdatedError, match="shared/runtime/serve"):
                await fork

    asyncio.run(steps())


@pytest.mark.parametrize("side", ["zygote", "supervisor"])
def test_nobody_waits_for_a_zygote_that_is_gone(tmp_path, side):
    async def steps():
        async with pair(tmp_path) as (channel, peer):
            many = [
                asyncio.create_task(channel.fork("a", order("x" * 60_000), [])) for _ in range(20)
            ]
            await asyncio.sleep(0)
            # More than the socket takes: some wait for an answer, others to be sent.
            assert channel._pending
            assert len(channel._pending) < 20
            peer.close() if side == "zygote" else channel.close()
            results = await asyncio.gather(*many, return_exceptions=True)
            assert {type(result) for result in results} == {GoneError}
            with pytest.raises(GoneError):
                await channel.fork("a", order(), [])

    asyncio.run(steps())


def test_a_full_channel_is_filled_again_as_it_empties(tmp_path):
    async def steps():
        async with pair(tmp_path) as (channel, peer):
            many = [
                asyncio.create_task(channel.fork("a", order(str(n) + "x" * 60_000), []))
                for n in range(20)
            ]
            await asyncio.sleep(0)
            for n in range(20):
                assert (await asked(peer)).rstrip("x") == str(n)
                answer(peer, Refused("enough"))
            results = await asyncio.gather(*many, return_exceptions=True)
            assert [str(result) for result in results] == ["a: enough"] * 20

    asyncio.run(steps())
