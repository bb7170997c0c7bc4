"""Every function answers under the stock functions-framework CLI with the same statuses."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from shared.contracts.event import source_of, type_of
from shared.runtime.declare import Every, Http, On, spec_of
from shared.runtime.events import event_headers
from shared.runtime.identity import Access
from tests.architecture.test_functions import FILES, ROOT, spec_in

KEY = "ab" * 32
CONTEXTS = ("AUTH", "PRODUCTS", "CART", "ORDERS", "PAYMENTS")
KEYS = {f"EVENT_KEY_{context}": KEY for context in CONTEXTS} | {
    "IDENTITY_KEY": KEY,
    "ORDERS_CALL_KEY": KEY,
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Path, str]]:
    path: Path = request.param
    port = free_port()
    program = Path(sys.executable).with_name("functions-framework")
    source = str(path.relative_to(ROOT))
    argv = [str(program), "--source", source, "--target", path.stem, "--host", "127.0.0.1"]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | KEYS
    process = subprocess.Popen([*argv, "--port", str(port)], cwd=ROOT, env=environ)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield path, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the function process ended"
        try:
            if requests.get(url, timeout=1).text == "ok":
                return
        except requests.ConnectionError:
            time.sleep(0.02)
    raise AssertionError(f"{url} did not answer in 30 s")


def test_a_function_answers_under_the_stock_cli(served):
    path, url = served
    trigger = spec_in(path).trigger
    if isinstance(trigger, Http):
        a_route_refuses_what_it_should(url, trigger)
    elif isinstance(trigger, On):
        a_reaction_refuses_what_it_should(url, trigger)
    elif isinstance(trigger, Every):
        refuses_what_is_no_event(url)


def a_route_refuses_what_it_should(url: str, trigger: Http) -> None:
    prefix = "/api" if trigger.is_api and trigger.access is not Access.INTERNAL else ""
    route = url + prefix + trigger.path
    assert requests.get(f"{url}/api/nothing-here", timeout=5).status_code == 404
    other = "DELETE" if trigger.method != "DELETE" else "GET"
    assert requests.request(other, route, timeout=5).status_code == 405
    headers = {"x-shop-identity": "forged"}
    forged = requests.request(
        trigger.method, route, headers=headers, timeout=5, allow_redirects=False
    )
    if trigger.is_api:
        assert (forged.status_code, forged.json()["code"]) == (401, "login_required")
    else:
        assert forged.status_code == 303
        assert forged.headers["Location"].startswith("/auth/refresh?next=")
    assert forged.headers["X-Request-Id"]


def a_reaction_refuses_what_it_should(url: str, trigger: On) -> None:
    refuses_what_is_no_event(url)
    payload = trigger.payloads[0]
    named = {
        "id": "1",
        "type": type_of(payload),
        "source": source_of(payload),
        "subject": "s",
        "version": 1,
    }
    entry = named | {"time": "2026-01-01T00:00:00Z", "traceparent": "", "data": "{}"}
    for key, code in (("cd" * 32, "bad_signature"), (KEY, "invalid_request")):
        headers = event_headers(entry, key)
        answer = requests.post(url, data=b"{}", headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def refuses_what_is_no_event(url: str) -> None:
    assert requests.get(url, timeout=5).status_code == 405
    answer = requests.post(url, data=b"{}", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_the_spec_survives_loading():
    assert {spec_of(getattr_of(path)).name for path in FILES} == {path.stem for path in FILES}


def getattr_of(path: Path):
    return spec_in(path).function.__globals__[path.stem]
