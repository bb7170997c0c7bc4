"""``python -m tests.bench.soak``: spikes from zero (soak.md), or many people (people.md).

Fails when the shop answered with a 5xx or not at all, or when a function did not go to zero
between two spikes.
"""

import argparse
import asyncio
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import machine, rivals
from tests.bench.cluster import Cluster, own_state, running
from tests.bench.document import FOLDER, Document
from tests.bench.figures import Table, share
from tests.bench.goals import write_index
from tests.bench.open_loop import at_a_rate
from tests.bench.options import say
from tests.bench.people import MIX, Person, Shop
from tests.bench.prepared import Prepared, prepare
from tests.bench.soak_table import COLUMNS, cells, faults

_WINDOW_SECONDS = "6"
# Smaller runs are written down, but no goal is held against them.
_RATE, _USERS = 300.0, 1000
_SPIKE_SECONDS = 30.0
_TO_ZERO_SECONDS, _POLL_SECONDS = 180.0, 0.5
_THINK_SECONDS = (1.0, 10.0)
_MIX = f"""\
Requests through the gateway over kept-alive TLS connections, by this mix of actions (weights):
{", ".join(f"{name} {weight:g}" for name, weight in MIX.items())}. Answers of 4xx are refusals by
rule (a cart that another action emptied); any 5xx, or no answer, fails the run."""
_SPIKES = f"""\
{_MIX}
Open loop: an action starts as soon as fewer requests have been sent than are due, whatever became
of the earlier ones; an action is several requests, and more of them as orders pile up. Every spike
begins with every function at zero (the always-on authoriser and WebSocket service apart) and is
followed by a gap until that is so again; stable windows are shortened to {_WINDOW_SECONDS} s. The
first requests of a spike pay for the cold starts: their answers are among the figures."""
_PEOPLE = f"""\
{_MIX} Each person has a connection and a session, thinks, acts, and thinks again; the functions'
windows are as deployed, and the first requests meet them cold."""


@dataclass(frozen=True)
class Spike:
    """One spike, and the way back to zero."""

    shop: Shop
    seconds: float
    zero_seconds: float | None
    starts: int


def main() -> int:
    """0 when nothing failed."""
    options = _parser().parse_args()
    machine.refuse_a_slow_interpreter()
    if options.users:
        document, measure, window = Document("people", "Many people at once", _PEOPLE), _users, []
    else:
        document = Document("soak", "Spikes from zero and back", _SPIKES)
        measure, window = _spikes, ["--window", _WINDOW_SECONDS]
    with own_state() as state, running(Path(state), rivals.PYTHON, *window) as cluster:
        engines = cluster.stack.facts["engines"].items()
        named = ", ".join(f"{name} {one['server']} {one['version']}" for name, one in engines)
        document.method += f"\nEngines: {named}."
        say("making goods, accounts and people")
        problems = measure(cluster, options, document)
    document.write(options.into, is_quick=options.minutes < 5)
    write_index(options.into)
    for problem in problems:
        say(problem)
    return 1 if problems else 0


# ---- spikes


def _spikes(cluster: Cluster, options: argparse.Namespace, document: Document) -> list[str]:
    prepared = prepare(cluster)
    spikes: list[Spike] = []
    deadline = time.monotonic() + options.minutes * 60
    _wait_for_zero(cluster)
    while not spikes or time.monotonic() + _SPIKE_SECONDS < deadline:
        spikes.append(_spike(cluster, prepared, options.rate))
        say(_line(spikes[-1]))
    table = Table(COLUMNS)
    for number, spike in enumerate(spikes, 1):
        table.add(
            number,
            *cells(spike.shop, spike.seconds),
            spike.starts,
            spike.zero_seconds if spike.zero_seconds is not None else "never",
        )
    document.add(
        f"Spikes of {options.rate:.0f} requests a second, {_SPIKE_SECONDS:.0f} s each", table
    )
    failed = sum(spike.shop.seen.failed for spike in spikes)
    document.add("What failed", faults([spike.shop for spike in spikes]))
    if options.rate >= _RATE:
        document.measured["soak_failed"] = failed
    stuck = [n for n, spike in enumerate(spikes, 1) if spike.zero_seconds is None]
    problems = [f"{failed} answers of 5xx or none"] if failed else []
    return problems + [f"after spike {number} not all functions went to zero" for number in stuck]


def _spike(cluster: Cluster, prepared: Prepared, rate: float) -> Spike:
    people = prepared.people(cluster)
    before = _starts(cluster)
    shop = asyncio.run(_rush(prepared, people, rate))
    starts = _starts(cluster) - before
    return Spike(shop, _SPIKE_SECONDS, _wait_for_zero(cluster), starts)


async def _rush(prepared: Prepared, cookies: list[dict[str, str]], rate: float) -> Shop:
    pool, shop = prepared.pool(), prepared.shop()
    free = [Person(shop, pool, own) for own in cookies]
    random.shuffle(free)

    async def act() -> None:
        person = free.pop() if free else Person(shop, pool, random.choice(cookies))
        try:
            await person.act()
        finally:
            free.insert(0, person)

    cpu = time.process_time()
    try:
        await at_a_rate(act, shop.seen, rate, _SPIKE_SECONDS)
    finally:
        pool.close()
        shop.stripe.close()
    shop.seen.own_cpu_ms = (time.process_time() - cpu) * 1000
    return shop


def _wait_for_zero(cluster: Cluster) -> float | None:
    """Seconds until no function has or wants a process; ``None`` if that does not come."""
    began = time.monotonic()
    while time.monotonic() - began < _TO_ZERO_SECONDS:
        if not _awake(cluster):
            return time.monotonic() - began
        time.sleep(_POLL_SECONDS)
    say(f"still awake: {_awake(cluster)}")
    return None


def _awake(cluster: Cluster) -> list[str]:
    return [
        name
        for name, one in cluster.functions().items()
        if not one["always_on"] and (one["desired"] or one["pids"])
    ]


def _starts(cluster: Cluster) -> int:
    return sum(one["starts"] for one in cluster.functions().values())


# ---- many people


def _users(cluster: Cluster, options: argparse.Namespace, document: Document) -> list[str]:
    prepared, seconds = prepare(cluster), options.minutes * 60
    cookies = prepared.people(cluster, options.users)
    shop = asyncio.run(_think_and_act(prepared, cookies, seconds))
    table = Table(COLUMNS[:-2])
    table.add(f"{options.users} people", *cells(shop, seconds))
    low, high = _THINK_SECONDS
    document.add(f"{options.users} people at once, thinking {low:g} to {high:g} s", table)
    document.add("What failed", faults([shop]))
    if options.users >= _USERS:
        document.measured |= {
            "users_p95_ms": share(shop.seen.ms, 95),
            "users_failed": shop.seen.failed,
            "users_payable_p95_ms": share(shop.payable_ms, 95),
        }
    return [f"{shop.seen.failed} answers of 5xx or none"] if shop.seen.failed else []


async def _think_and_act(prepared: Prepared, cookies: list[dict[str, str]], seconds: float) -> Shop:
    shop, cpu = prepared.shop(), time.process_time()
    end = time.monotonic() + seconds

    async def live(own: dict[str, str]) -> None:
        pool = prepared.pool()
        person = Person(shop, pool, own)
        while (pause := random.uniform(*_THINK_SECONDS)) + time.monotonic() < end:
            await asyncio.sleep(pause)
            await person.act()
        pool.close()

    async with asyncio.TaskGroup() as group:
        for own in cookies:
            group.create_task(live(own))
    shop.stripe.close()
    shop.seen.own_cpu_ms = (time.process_time() - cpu) * 1000
    return shop


def _line(spike: Spike) -> str:
    found = cells(spike.shop, spike.seconds)
    return f"{found}, {spike.starts} starts, zero after {spike.zero_seconds} s"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=_RATE, help="requests a second in a spike")
    parser.add_argument("--users", type=int, help="so many people at once instead of spikes")
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())
