"""A stand-in for Stripe as a process of its own, Stripe's SDK aimed at it, and an endpoint."""

import http.server
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import stripe

from localdev.cluster.ports import HOST, Reservation

SECRET, PUBLISHABLE, WEBHOOK_SECRET = "sk_test_1234567890", "pk_test_1234567890", "whsec_abc"
CARD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}


@dataclass
class Endpoint:
    """Where webhooks arrive: everything that came, and the statuses to answer next."""

    url: str
    received: list[tuple[bytes, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def events(self):
        """What came, its signature checked by Stripe's SDK."""
        return [
            stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
            for body, signature in list(self.received)
        ]

    def types(self):
        return [event.type for event in self.events()]


@dataclass
class Server:
    """The process; ``kill`` is kill -9, ``start`` starts it again on the same state and port."""

    port: int
    state: str
    webhook_url: str
    process: Any = None

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def start(self):
        options = {
            "port": self.port,
            "state": self.state,
            "secret-key": SECRET,
            "publishable-key": PUBLISHABLE,
            "webhook-secret": WEBHOOK_SECRET,
            "webhook-url": self.webhook_url,
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "localdev.stripe", *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def kill(self):
        self.process.kill()
        self._gone()

    def stop(self):
        self.process.terminate()
        assert self._gone() == 0

    def _gone(self):
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        return status

    def post(self, path, **options):
        return requests.post(self.url + path, timeout=20, **options)

    def get(self, path, **options):
        return requests.get(self.url + path, timeout=20, **options)


def wait_for(condition, seconds=20.0):
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def endpoint_server():
    endpoint = Endpoint("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = endpoint.statuses.pop(0) if endpoint.statuses else 200
            if status == 200:
                endpoint.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint.url = f"http://{HOST}:{server.server_address[1]}/hook"
    yield endpoint
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory, endpoint_server):
    state = tmp_path_factory.mktemp("stripe") / "stripe.db"
    with Reservation() as port:
        server = Server(port.port, str(state), endpoint_server.url)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def server(shared_server, endpoint):
    """The running server, without faults and with nothing under way."""
    yield shared_server
    endpoint.statuses.clear()
    shared_server.post("/_test/webhooks", json={})


@pytest.fixture
def endpoint(endpoint_server, shared_server):
    """The endpoint after everything from before has arrived."""
    wait_for(lambda: shared_server.get("/_test/webhooks").json()["waiting"] == 0)
    endpoint_server.received.clear()
    return endpoint_server


def sdk(server, key=SECRET):
    """Stripe's own client, without its retries (they hide what is answered)."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": server.url},
        http_client=stripe.RequestsClient(),
        max_network_retries=0,
    ).v1


@pytest.fixture
def client(server):
    return sdk(server)


@pytest.fixture
def shop(server):
    """The account as its pages see it."""
    return sdk(server, PUBLISHABLE)


@pytest.fixture
def pay(client):
    """Makes an intent, confirmed at once where a card is named."""

    def make(card=None, **changes):
        params = {"amount": 1299, "currency": "usd", "payment_method_types": ["card"]} | changes
        if card:
            params |= {"confirm": True, "payment_method": f"pm_card_{card}"}
        return client.payment_intents.create(params)

    return make


@pytest.fixture
def wait():
    return wait_for


@pytest.fixture
def card():
    """A card typed into a form."""

    def make(**changes):
        return {"type": "card", "card": CARD | changes}

    return make


@pytest.fixture
def raw(server):
    """A form-encoded POST with the secret key, as no SDK would send it."""

    def post(path, body, **headers):
        given = {"Authorization": f"Bearer {SECRET}", **headers}
        answer = server.post(path, data=body, headers=given)
        return answer.status_code, json.loads(answer.content), answer.headers

    return post
