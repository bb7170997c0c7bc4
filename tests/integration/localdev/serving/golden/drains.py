"""The cases about SIGTERM and the drain; moments are seconds since SIGTERM."""

import asyncio
from typing import Any

from tests.integration.localdev.serving.golden import websocket
from tests.integration.localdev.serving.golden.probing import probe
from tests.integration.localdev.serving.golden.program import Pair

Case = dict[str, Any]
Observed = dict[str, Any]

A_MOMENT = 0.5
"""For the program to notice a signal."""


async def _idle(pair: Pair, case: Case) -> Observed:
    before = await _three_probes(pair)
    pair.terminate()
    await _until(pair, A_MOMENT)
    after = await _three_probes(pair)
    return {"probes_before": before, "probes_after_term": after, "exit": await pair.exit()}


async def _in_flight_and_new(pair: Pair, case: Case) -> Observed:
    in_flight = asyncio.create_task(pair.get("/sleep?s=3"))
    await asyncio.sleep(0.2)
    pair.terminate()
    await _until(pair, 1)
    at_1s = await pair.get("/echo")
    await _until(pair, 2)
    probes = await _three_probes(pair)
    await _until(pair, 10)
    at_10s = await pair.get("/echo")
    ended = {"exit": await pair.exit(), "after_exit": await pair.get("/echo")}
    asked = {"in_flight": await in_flight, "new_at_1s": at_1s, "new_at_10s": at_10s}
    return asked | {"probes_at_2s": probes} | ended


async def _long_in_flight(pair: Pair, case: Case) -> Observed:
    in_flight = asyncio.create_task(pair.get("/sleep?s=36"))
    await asyncio.sleep(0.2)
    pair.terminate()
    await _until(pair, 32)
    new = await pair.get("/echo")
    exited = await pair.exit()
    return {"new_at_32s": new, "in_flight": await in_flight, "exit": exited}


async def _wait_only(pair: Pair, case: Case) -> Observed:
    waiting = asyncio.create_task(pair.get_admin("/wait-for-drain"))
    await asyncio.sleep(A_MOMENT)
    during = await _three_probes(pair)
    waited = await waiting
    after = await _three_probes(pair)
    other = await pair.get_admin("/other")
    assert pair.process
    return {
        "probes_during": during,
        "wait_for_drain": waited,
        "probes_after": after,
        "other_admin_path": other,
        "still_running": pair.process.returncode is None,
    }


async def _wait_and_term(pair: Pair, case: Case) -> Observed:
    waiting = asyncio.create_task(pair.get_admin("/wait-for-drain"))
    await asyncio.sleep(0.4)
    pair.terminate()
    waited = await waiting
    returned = pair.since_term()
    exited = await pair.exit()
    return {"wait_for_drain": waited, "returned_after_term_s": returned, "exit": exited}


async def _open_websocket(pair: Pair, case: Case) -> Observed:
    talking = asyncio.create_task(websocket.talk(pair.port, pair.host, 3600))
    await asyncio.sleep(0.5)
    pair.terminate()
    exited = await pair.exit()
    return {"exit": exited, "websocket": await talking}


async def _three_probes(pair: Pair) -> Observed:
    return {
        "kubelet": await probe(pair),
        "activator": await pair.get(
            "/", User_Agent="Knative-Activator-Probe", K_Network_Probe="queue"
        ),
        "network": await pair.get("/", K_Network_Probe="probe", K_Network_Hash="abc"),
    }


async def _until(pair: Pair, moment: float) -> None:
    await asyncio.sleep(moment - pair.since_term())


SCENARIOS = {
    "d_idle": _idle,
    "d_inflight_and_new": _in_flight_and_new,
    "d_long_inflight": _long_in_flight,
    "d_wait_for_drain_only": _wait_only,
    "d_wait_for_drain_term": _wait_and_term,
    "d_websocket": _open_websocket,
}
