"""What must be true of every route and every event of the running shop."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.recorded import recorded
from tests.e2e.refused import CONTEXTS
from tests.e2e.shop import ACCESS, GUEST, PASSWORD, REFRESH, Admin, Client
from tests.e2e.stack import ROOT
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

ROUTES: list[dict[str, Any]] = json.loads((ROOT / "knative/gateway/routes.json").read_text())
HASH = re.compile(r"argon2|scrypt|pbkdf2|\$2[aby]\$", re.IGNORECASE)
# Files, which know nobody, and what would renew the session on the way.
UNREAD = ("/api/openapi.json", "/docs", "/api/docs", "/assets", "/auth/refresh")
TRACE_ID = slice(3, 35)


def filled(path: str) -> str:
    """A path with its variables standing for nothing that exists."""
    return re.sub(r"\{[^}]*\}", "nothing-that-exists", path)


# ---- every route


def test_every_declared_route_is_answered_by_its_function(stack):
    """With ids of nothing and without bodies: only where a call goes matters."""
    routes = [route for route in ROUTES if route["kind"] == "http"]
    admin, shopper = Admin(stack), Client(stack)
    shopper.cookies = dict(admin.cookies)
    before = requests_by_service(stack)
    asked = set()
    for route in routes:
        if route["service"] in {"auth-log-out", "auth-refresh-session"}:
            continue  # they would end the session, and are called all through these tests
        client = shopper if route["host"] == "shop" else admin
        answer = client.send(route["method"], filled(route["path"]), data=b"")
        told = f"{route['method']} {route['path']}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        assert answer.headers["X-Request-Id"], told
        asked.add(route["service"])
    after = requests_by_service(stack)
    unasked = [name for name in asked if after[name] <= before[name]]
    assert unasked == []


def requests_by_service(stack) -> dict[str, int]:
    return {one["name"]: one["requests"] for one in stack.status()["functions"]}


# ---- nothing secret


@pytest.fixture
def buyer(stack, product) -> Client:
    """Somebody with an order, a payment, a notification and a second session."""
    client = Client(stack)
    user = client.register()
    client.pay(order_id := client.buy(product["id"]))
    client.wait_for_order(order_id, "paid")
    other = Client(stack)
    other.log_in(user["email"])
    stack.wait_until_quiet()
    return client


def secrets_of(client: Client) -> dict[str, str]:
    """What opens the account, by what it is."""
    found = {name: client.cookies[name] for name in (ACCESS, REFRESH)}
    return found | {"the password": PASSWORD}


def readable(document: Any) -> Iterator[tuple[str, str]]:
    """The paths of all GET routes, with ids from ``document`` where one fits."""
    for route in ROUTES:
        if route["method"] == "GET" and route["kind"] == "http":
            path = re.sub(r"\{(\w+)[^}]*\}", lambda name: document.get(name[1], "x"), route["path"])
            yield route["host"], path


def test_no_answer_holds_a_hash_or_a_token(stack, buyer, admin, product):
    order_id = buyer.get("/orders")["items"][0]["id"]
    user_id = buyer.get("/auth/me")["user"]["id"]
    known = {"order_id": order_id, "product_id": product["id"], "user_id": user_id}
    walks = [(buyer, {"shop", "both"}), (admin, {"admin", "both"})]
    seen = 0
    for client, hosts in walks:
        secrets = secrets_of(buyer) | secrets_of(admin)
        for host, path in readable(known):
            if host not in hosts or path.startswith(UNREAD):
                continue
            body = client.send("GET", path).text
            seen += 1
            held = [name for name, secret in secrets.items() if secret in body]
            assert not held, f"{path} holds {held}"
            assert "password_hash" not in body, path
            assert not HASH.search(body), path
    assert seen > len(ROUTES) // 4


def test_answers_of_the_session_calls_keep_the_tokens_in_cookies(stack):
    client = Client(stack)
    email = client.register()["email"]
    for path, body in (
        ("/auth/login", {"email": email, "password": PASSWORD}),
        ("/auth/refresh", None),
        ("/auth/me", None),
    ):
        method = "GET" if path == "/auth/me" else "POST"
        answer = client.call(method, path, body, status=200)
        for name, secret in secrets_of(client).items():
            assert secret not in answer.text, f"{path} holds {name}"
        assert answer.json().keys() == {"user"}
        assert not {"password", "password_hash", "token"} & answer.json()["user"].keys()


def test_no_database_holds_what_opens_an_account(stack, buyer):
    secrets = secrets_of(buyer) | {"the guest's name": buyer.cookies.get(GUEST, PASSWORD)}
    for context in CONTEXTS:
        database = stack.database(context)
        for name in database.list_collection_names():
            for document in database[name].find():
                text = repr(document)
                held = [what for what, secret in secrets.items() if secret in text]
                assert not held, f"{context}.{name} holds {held}: {document['_id']}"


# ---- one cart, one trace


def test_a_payment_settles_the_payers_cart_alone(stack, shopper, product):
    other = Client(stack)
    other.register()
    other.add(product["id"], 2)
    shopper.pay(shopper.buy(product["id"]))
    wait_until(lambda: not shopper.get("/cart")["lines"], "the payer's cart is settled")
    stack.wait_until_quiet()
    assert [line["quantity"] for line in other.get("/cart")["lines"]] == [2]


def test_one_trace_spans_a_checkout_and_what_follows_up_to_the_notification(
    stack, shopper, product
):
    order_id = shopper.buy(product["id"])
    wait_until(lambda: shopper.get("/notifications")["items"], "the confirmation is told")
    stack.wait_until_quiet()
    traces = {
        event.topic: event.headers["ce-traceparent"][TRACE_ID]
        for event in recorded(stack, order_id)
        if event.topic in {"cart.checkout", "order.created", "stock.reserved", "order.confirmed"}
    }
    assert len(traces) == 4
    assert len(set(traces.values())) == 1, traces
