"""The activator with real function processes."""

import asyncio
import io
import os
import signal
from contextlib import suppress

import aiohttp

from localdev.cluster.state import is_alive
from tests.integration.localdev.serving.conftest import until

MEGABYTE = 1024 * 1024


def test_the_first_request_starts_the_function_and_is_answered_by_it(scenario):
    async def steps(tiny):
        assert (tiny.revision.desired, tiny.revision.ready, tiny.revision.pids) == (0, [], [])
        told = await tiny.tell("/hello?a=1&b=%26")
        assert (told["path"], told["query"]) == ("/hello", "a=1&b=%26")
        assert tiny.revision.pids == [told["pid"]]
        counters = tiny.revision.counters
        assert (counters.starts, counters.requests, counters.errors) == (1, 1, 0)
        assert 0 < counters.last_cold_start_ms < 10_000

    scenario(steps)


def test_requests_that_arrive_during_a_start_share_one_process(scenario):
    async def steps(tiny):
        told = await asyncio.gather(*(tiny.tell() for _ in range(20)))
        assert len({answer["pid"] for answer in told}) == 1
        assert tiny.revision.counters.starts == 1

    scenario(steps, variables={"START_SECONDS": "0.3"})


def test_a_client_that_gives_up_does_not_stop_the_start_for_the_others(scenario):
    async def steps(tiny):
        impatient = asyncio.create_task(tiny.ask())
        patient = asyncio.create_task(tiny.tell())
        await until(lambda: bool(tiny.revision.pids))
        impatient.cancel()
        with suppress(asyncio.CancelledError):
            await impatient
        assert (await patient)["pid"] == tiny.revision.pids[0]
        assert tiny.revision.counters.starts == 1

    scenario(steps, variables={"START_SECONDS": "0.3"})


def test_an_idle_function_is_stopped_and_the_next_request_starts_it_again(scenario):
    async def steps(tiny):
        first = await tiny.tell()
        await until(lambda: not tiny.revision.ready)
        await until(lambda: not is_alive(first["pid"]))
        second = await tiny.tell()
        assert second["pid"] != first["pid"]
        assert tiny.revision.counters.starts == 2

    scenario(steps, window=1)


def test_a_busy_function_is_not_idle(scenario):
    async def steps(tiny):
        told = await tiny.tell("/?sleep=8")
        assert tiny.revision.pids == [told["pid"]]
        assert tiny.revision.counters.starts == 1

    scenario(steps, window=1)


def test_a_function_with_a_minimum_runs_without_being_asked_and_again_after_a_crash(scenario):
    async def steps(tiny):
        await until(lambda: len(tiny.revision.ready) == 1)
        (first,) = tiny.revision.pids
        os.kill(first, signal.SIGKILL)
        await until(lambda: bool(tiny.revision.ready) and tiny.revision.pids != [first])
        assert tiny.revision.counters.requests == 0

    scenario(steps, annotations={"min-scale": "1"})


def test_container_concurrency_bounds_what_runs_at_once(scenario):
    async def steps(tiny):
        await asyncio.gather(*(tiny.tell("/?sleep=0.05") for _ in range(8)))
        assert (await tiny.tell())["most_at_once"] == 2

    scenario(steps, concurrency=2, annotations={"max-scale": "1"})


def test_a_request_over_the_deadline_is_a_504_and_frees_its_slot(scenario):
    async def steps(tiny):
        await tiny.tell()
        response, body = await tiny.ask("/?sleep=1")
        assert (response.status, body) == (504, b"activator request timeout")
        await tiny.tell()
        assert tiny.revision.counters.errors == 1

    scenario(steps, timeout_seconds=0.5, concurrency=1)


def test_the_deadline_counts_the_cold_start(scenario):
    async def steps(tiny):
        response, _ = await tiny.ask()
        assert response.status == 504

    scenario(steps, timeout_seconds=0.3, variables={"START_SECONDS": "5"})


def test_a_function_that_cannot_start_is_a_503_with_the_end_of_its_log(scenario):
    async def steps(tiny):
        response, body = await tiny.ask()
        assert response.status == 503
        assert body.decode().startswith(
            "shop-tiny ended with status 1 while starting; see `logs shop-tiny`\n"
        )
        assert b"this one cannot start" in body
        assert tiny.revision.counters.last_failure == body.decode().rstrip("\n")
        assert "this one cannot start" in tiny.state.log_of("shop-tiny").read_text()

    scenario(steps, variables={"BROKEN": "1"})


def test_an_unknown_service_is_a_404(scenario):
    async def steps(tiny):
        async with tiny.session.get("/_services/shop-nothing/") as response:
            assert response.status == 404
            assert "Error getting active endpoint: " in await response.text()

    scenario(steps)


def test_a_killed_function_is_started_again_by_the_next_request(scenario):
    async def steps(tiny):
        first = await tiny.tell()
        os.kill(first["pid"], signal.SIGKILL)
        await until(lambda: not tiny.revision.ready)
        second = await tiny.tell(method="POST", data=b"x")
        assert second["pid"] != first["pid"]

    scenario(steps)


def test_a_get_whose_function_dies_is_a_502_and_the_function_comes_back(scenario, tmp_path):
    async def steps(tiny):
        response, _ = await tiny.ask(f"/?crash={tmp_path / 'crashed'}")
        assert response.status == 502
        told = await tiny.tell()
        assert tiny.revision.pids == [told["pid"]]
        assert tiny.revision.counters.starts == 2

    scenario(steps)


def test_a_post_whose_function_dies_is_a_502_and_not_sent_twice(scenario, tmp_path):
    async def steps(tiny):
        response, _ = await tiny.ask(f"/pay?crash={tmp_path / 'crashed'}", method="POST", data=b"x")
        assert response.status == 502
        assert (await tiny.tell())["calls"] == ["GET /"]

    scenario(steps)


def test_large_bodies_pass_both_ways(scenario):
    async def steps(tiny):
        told = await tiny.tell(method="POST", data=io.BytesIO(b"x" * 5 * MEGABYTE))
        assert told["body_bytes"] == 5 * MEGABYTE
        _, body = await tiny.ask(f"/?bytes={5 * MEGABYTE}")
        assert body == b"x" * 5 * MEGABYTE

    scenario(steps)


def test_a_body_of_unknown_length_arrives_whole(scenario):
    async def pieces():
        for _ in range(20):
            yield b"x" * 10_000

    async def steps(tiny):
        told = await tiny.tell(method="POST", data=pieces())
        assert told["body_bytes"] == 200_000
        assert told["headers"]["transfer_encoding"] == "chunked"

    scenario(steps)


def test_connections_to_the_function_are_kept(scenario):
    async def steps(tiny):
        ports = {(await tiny.tell(method="POST", data=b"x"))["port_of_peer"] for _ in range(5)}
        assert len(ports) == 1

    scenario(steps)


def test_head_and_empty_answers_pass(scenario):
    async def steps(tiny):
        response, body = await tiny.ask("/?bytes=1000", method="HEAD")
        assert (response.status, body, response.headers["Content-Length"]) == (200, b"", "1000")
        response, body = await tiny.ask("/?status=204%20No%20Content", method="DELETE")
        assert (response.status, body) == (204, b"")
        await tiny.tell()

    scenario(steps)


def test_the_service_is_found_by_header_and_by_cluster_host(scenario):
    async def steps(tiny):
        named = {"X-Shop-Service": "shop-tiny", "Host": "shop.localhost"}
        async with tiny.session.get("/_services/other/x", headers=named) as response:
            told = await response.json()
        assert (told["path"], told["headers"]["host"]) == ("/_services/other/x", "shop.localhost")
        assert told["headers"]["k_proxy_request"] == "activator"
        host = {"Host": "shop-tiny.popshop.svc.cluster.local"}
        async with tiny.session.get("/products", headers=host) as response:
            assert (await response.json())["path"] == "/products"

    scenario(steps)


def test_the_function_gets_its_own_variables_and_the_platforms(scenario):
    async def steps(tiny):
        told = await tiny.tell()
        assert (told["greeting"], told["service"]) == ("hello", "shop-tiny")
        assert {"PORT", "K_REVISION", "K_CONFIGURATION"} <= set(told["variables"])
        assert "PYTHONDONTWRITEBYTECODE" not in told["variables"]
        assert "NOT_FOR_FUNCTIONS" not in told["variables"]

    os.environ["NOT_FOR_FUNCTIONS"] = "1"
    try:
        scenario(steps, variables={"GREETING": "hello"})
    finally:
        del os.environ["NOT_FOR_FUNCTIONS"]


def test_a_stack_that_closes_leaves_no_process(scenario):
    pids = []

    async def steps(tiny):
        pids.append((await tiny.tell())["pid"])

    scenario(steps)
    assert not is_alive(pids[0])


def test_hop_headers_stay_on_their_hop(scenario):
    async def steps(tiny):
        sent = {"Connection": "X-Secret", "X-Secret": "1", "TE": "trailers", "X-Kept": "yes"}
        told = await tiny.tell(headers=sent)
        assert told["headers"]["x_kept"] == "yes"
        assert told["headers"]["te"] == "trailers"
        assert not {"x_secret", "connection"} & set(told["headers"])
        assert told["headers"]["x_forwarded_for"] == "127.0.0.1, 127.0.0.1"

    scenario(steps)


def test_an_answer_cut_by_the_deadline_does_not_look_complete(scenario):
    async def steps(tiny):
        await tiny.tell()
        with suppress(aiohttp.ClientPayloadError):
            response, _ = await tiny.ask("/?bytes=1000&sleep=1")
            assert response.status == 504

    scenario(steps, timeout_seconds=0.5)
