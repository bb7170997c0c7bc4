"""The cases about readiness probes that need an app with a will of its own."""

import asyncio
from typing import Any

from tests.integration.localdev.serving.golden.client import Response
from tests.integration.localdev.serving.golden.program import Pair

_OK = "200 OK"


async def probe(pair: Pair) -> Response:
    """What a kubelet asks."""
    return await pair.get("/", User_Agent="kube-probe/1.34", K_Network_Probe="queue")


async def _slow_start(pair: Pair, case: dict[str, Any]) -> dict[str, Any]:
    probing = asyncio.create_task(probe(pair))
    await asyncio.sleep(0.5)
    down = await pair.get("/echo")
    await asyncio.sleep(1.5)
    await pair.app.start()
    answer = await probing
    after = await pair.get("/echo")
    return {
        "probe": answer,
        "ordinary_request_while_down": down,
        "ordinary_request_after": after,
    }


async def _once(pair: Pair, case: dict[str, Any]) -> dict[str, Any]:
    return await _probes(pair, 1)


async def _late(pair: Pair, case: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    ready = loop.time() + 1.5
    pair.app.health = lambda _: (
        _OK if loop.time() >= ready else "503 Service Unavailable",
        [],
    )
    return await _probes(pair, 1)


async def _period(pair: Pair, case: dict[str, Any]) -> dict[str, Any]:
    pair.app.health = lambda count: (_OK if count > 2 else "500 Internal Server Error", [])
    return await _probes(pair, 3)


async def _redirect(pair: Pair, case: dict[str, Any]) -> dict[str, Any]:
    pair.app.health = lambda _: ("302 Found", [("Location", "/healthy")])
    return await _probes(pair, 1)


async def _probes(pair: Pair, count: int) -> dict[str, Any]:
    responses = [await probe(pair) for _ in range(count)]
    first = {key: pair.app.log[0][key] for key in ("request_line", "headers")}
    return {
        "responses": responses,
        "app_probe_requests": len(pair.app.log),
        "first_probe_seen_by_app": first,
    }


SCENARIOS = {
    "p_app_slow_start": _slow_start,
    "p_http_headers": _once,
    "p_http_late_ok": _late,
    "p_http_period": _period,
    "p_http_redirect": _redirect,
}
