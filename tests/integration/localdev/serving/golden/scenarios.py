"""What a client does in each case, and what it observed, in the fields of the recording."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from tests.integration.localdev.serving.golden import drains, probing, websocket
from tests.integration.localdev.serving.golden.client import Response
from tests.integration.localdev.serving.golden.program import Pair
from tests.integration.localdev.serving.golden.requests import Request

Case = dict[str, Any]
Observed = dict[str, Any]
Scenario = Callable[[Pair, Case], Awaitable[Observed]]

WITHOUT_APP = {"f_app_down", "p_app_never_up", "p_app_slow_start"}
"""Cases that begin while nothing listens on the app's port."""


def scenario_of(case: Case) -> Scenario | None:
    """How the case is played: by its name, else by the kind of its results."""
    kinds = (KINDS[key] for key in case["observed"] if key in KINDS)
    return SCENARIOS.get(case["name"]) or next(kinds, None)


def get(target: str, **more: Any) -> Request:
    return {"method": "GET", "target": target, **more}


async def _exchanges(pair: Pair, case: Case) -> Observed:
    """The recorded requests one after the other, each on a connection of its own."""
    told = []
    for recorded in case["observed"]["exchanges"]:
        since = len(pair.app.log)
        response = await pair.ask(recorded["request"])
        await pair.app.settle()
        told.append({"response": response, "app_saw": pair.app.log[since:]})
    return {"exchanges": told}


async def _parallel(pair: Pair, case: Case) -> Observed:
    request, count = case["observed"]["request"], case["observed"]["parallel"]
    responses = await asyncio.gather(*(pair.ask(request) for _ in range(count)))
    responses.sort(key=lambda response: (str(response["status"]), response["elapsed_s"]))
    groups = itertools.groupby(responses, key=lambda response: str(response["status"]))
    by_status = {status: _summary(list(group)) for status, group in groups}
    return {"by_status": by_status, "app_requests": len(pair.app.log)}


def _summary(responses: list[Response]) -> dict[str, Any]:
    types = [dict(response.get("headers", [])).get("Content-Type") for response in responses]
    return {
        "count": len(responses),
        "bodies": sorted({str(response.get("body")) for response in responses}),
        "content_types": sorted({str(name) for name in types}),
        "elapsed_s": [response["elapsed_s"] for response in responses],
    }


async def _websocket(pair: Pair, case: Case) -> Observed:
    by_client = case["observed"]["client"]["ended"] == "close frame 1000"
    talk = await websocket.talk(pair.port, pair.host, 1.0 if by_client else 3600)
    await pair.app.settle()
    return {"client": talk, "app_saw": pair.app.log}


async def _socket_in_the_only_slot(pair: Pair, case: Case) -> Observed:
    talking = asyncio.create_task(websocket.talk(pair.port, pair.host, 1.5))
    await asyncio.sleep(0.3)
    response = await pair.ask(get("/echo"))
    return {"websocket": await talking, "http_request": response}


async def _keep_alive(pair: Pair, case: Case) -> Observed:
    first, second = await pair.connect(), await pair.connect()
    try:
        responses = [await first.ask(get("/echo")), await first.ask(get("/echo"))]
        pipelined = (get("/echo?p=1"), get("/echo?p=2"))
        await second.send_all(pipelined)
        responses += [await second.read("GET") for _ in pipelined]
    finally:
        first.close()
        second.close()
    seen = {"app_connections": pair.app.connections, "app_saw": pair.saw()}
    return {"responses": responses, **seen}


async def _http2(pair: Pair, case: Case) -> Observed:
    """A preface and an empty SETTINGS frame; a frame's type is its fourth byte."""
    connection = await pair.connect()
    try:
        await connection.send(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04" + b"\x00" * 5
        )
        while len(connection.received) < 9 and await connection.more():
            pass
        answer = bytes(connection.received)
    finally:
        connection.close()
    kind = answer[3] if len(answer) >= 9 else None
    return {"first_frame_type": kind, "is_settings": kind == 4}


async def _crash_in_flight(pair: Pair, case: Case) -> Observed:
    asking = [asyncio.create_task(pair.ask(get("/sleep?s=30"))) for _ in range(3)]
    await asyncio.sleep(0.5)
    await pair.app.die()
    in_flight = await asyncio.gather(*asking)
    down = await pair.ask(get("/echo"))
    await pair.app.start()
    return {
        "in_flight": in_flight,
        "while_down": down,
        "after_restart": await pair.ask(get("/echo")),
    }


async def _reused_connection(pair: Pair, case: Case) -> Observed:
    return {
        "get_on_reused": await _close_on_reused(pair, get("/close")),
        "post_on_reused": await _close_on_reused(
            pair, get("/close") | {"method": "POST", "body": "x"}
        ),
    }


async def _close_on_reused(pair: Pair, request: Request) -> Observed:
    """A plain request first, so that the proxy has an idle connection to the app."""
    await pair.ask(get("/echo"))
    since = len(pair.app.log)
    response = await pair.ask(request)
    return {"response": response, "app_saw": pair.saw(since)}


async def _past_the_queue(pair: Pair, case: Case) -> Observed:
    busy = asyncio.create_task(pair.ask(get("/sleep?s=2")))
    await asyncio.sleep(0.3)
    requests = [exchange["request"] for exchange in case["observed"]["exchanges"]]
    told = [{"response": await pair.ask(request)} for request in requests]
    await busy
    return {"exchanges": told, "app_saw": pair.saw()}


async def _queued_client_leaves(pair: Pair, case: Case) -> Observed:
    first = asyncio.create_task(pair.ask(get("/sleep?s=1&who=A")))
    await asyncio.sleep(0.2)
    leaving = asyncio.create_task(pair.ask(get("/sleep?s=1&who=B")))
    await asyncio.sleep(0.3)
    leaving.cancel()  # closes its connection
    await asyncio.wait([leaving])
    await asyncio.sleep(0.1)
    third = await pair.ask(get("/sleep?s=0.2&who=C"))
    return {"A": await first, "C": third, "app_saw": pair.saw()}


async def _connection_after_504(pair: Pair, case: Case) -> Observed:
    connection = await pair.connect()
    try:
        first = await connection.ask(get("/sleep?s=3"))
        return {"first": first, "second": await connection.ask(get("/echo"))}
    finally:
        connection.close()


async def _slot_after_504(pair: Pair, case: Case) -> Observed:
    first = await pair.ask(get("/sleep?s=3"))
    second = await pair.ask(get("/sleep?s=0.2"))
    await pair.app.settle()
    begun = pair.app.log[0]["t"]
    seen = [entry | {"t": entry["t"] - begun} for entry in pair.app.log]
    return {"first": first, "second": second, "app_saw": seen}


KINDS: dict[str, Scenario] = {
    "exchanges": _exchanges,
    "by_status": _parallel,
    "client": _websocket,
}

SCENARIOS: dict[str, Scenario] = {
    "c1_probes_bypass": _past_the_queue,
    "c1_queued_client_leaves": _queued_client_leaves,
    "f_crash_inflight": _crash_in_flight,
    "f_reused_connection_closed": _reused_connection,
    "k_h2c": _http2,
    "k_keepalive": _keep_alive,
    "t_connection_after_504": _connection_after_504,
    "t_slot_after_504": _slot_after_504,
    "ws_cc1_slot": _socket_in_the_only_slot,
    **probing.SCENARIOS,
    **drains.SCENARIOS,
}
