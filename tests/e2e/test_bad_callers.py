"""Other people's things and doors, forged papers, other sites: refused, and nothing changes."""

import base64
import json
import time

import jwt
import pytest

from localdev.stripe.webhooks import signature
from shared.kernel.ids import UserId
from shared.runtime.identity import HEADER, Caller, sign_identity
from tests.e2e.refused import check_refusal
from tests.e2e.shop import ACCESS, ADDRESS, PASSWORD, Client
from tests.e2e.stack import ROOT

pytestmark = [pytest.mark.engines, pytest.mark.slow]
ROUTES = json.loads((ROOT / "knative" / "gateway" / "routes.json").read_text())
API = [route for route in ROUTES if route["path"].startswith("/api/")]


# ---- other people's things, and other people's doors


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/orders/{order}", None),
        ("POST", "/orders/{order}/cancel", None),
        ("GET", "/payments/{order}", None),
        ("POST", "/payments", {"order_id": "{order}"}),
        ("GET", "/orders/none", None),
        ("GET", "/payments/%24ne", None),
    ],
)
def test_what_is_not_yours_is_not_there(world, unchanged, method, path, body):
    filled = {name: value.format(**world.ids) for name, value in body.items()} if body else None
    answer = world.stranger.call(method, path.format(**world.ids), filled)
    check_refusal(answer, 404, "not_found")


def of_access(*kinds):
    return [route for route in API if route["access"] in kinds]


def filled(path):
    return path.replace("{", "").replace("}", "")


def test_every_route_for_administrators_refuses_a_shopper(stack, world, unchanged):
    intruder = Client(stack, "admin.localhost")
    intruder.cookies = dict(world.stranger.cookies)
    for route in of_access("admin"):
        answer = intruder.send(route["method"], filled(route["path"]), json={})
        check_refusal(answer, 403, "forbidden")


def test_every_route_behind_a_login_refuses_a_stranger(stack, unchanged):
    nobody = Client(stack, "admin.localhost")
    for route in of_access("admin", "user"):
        answer = nobody.send(route["method"], filled(route["path"]), json={})
        check_refusal(answer, 401, "login_required")


def test_the_back_offices_routes_are_not_on_the_storefront(stack, world, unchanged):
    on_the_shop = Client(stack)
    on_the_shop.cookies = dict(world.admin.cookies)
    for route in API:
        if route["path"].startswith("/api/admin/"):
            answer = on_the_shop.send(route["method"], filled(route["path"]), json={})
            check_refusal(answer, 404, "not_found")


def test_what_is_internal_is_not_reachable(world, unchanged):
    for path in ("/api/orders", "/orders/place", "/authorize/api/orders", "/_services/x/"):
        answer = world.shopper.send("POST", path, json={})
        assert answer.status_code in {404, 405}, (path, answer.text)


# ---- tokens and identities


def forged_tokens(stack, genuine):
    """Tokens that all say the right things, signed wrongly, or signed rightly and out of date."""
    claims = jwt.decode(genuine, options={"verify_signature": False})
    private = stack.secret("popshop-jwt", "private-key")
    public = stack.secret("popshop-jwt-public", "public-key")
    head = {"kid": "1", "typ": "access"}
    expired = claims | {"iat": claims["iat"] - 3600, "exp": int(time.time()) - 1}
    segments = [json.dumps(part).encode() for part in (head | {"alg": "none"}, claims)]
    unsigned = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in segments)
    by_public_key = base64.urlsafe_b64encode(public.encode()).decode()
    return {
        "expired": jwt.encode(expired, private, "EdDSA", head),
        "garbage": "garbage",
        "none": unsigned.decode() + ".",
        "hmac": jwt.encode(claims, by_public_key, "HS256", head),
        "other type": jwt.encode(claims, private, "EdDSA", head | {"typ": "refresh"}),
        "other audience": jwt.encode(claims | {"aud": "x"}, private, "EdDSA", head),
        "other issuer": jwt.encode(claims | {"iss": "x"}, private, "EdDSA", head),
        "cut": genuine[:-4],
        "empty": " ",
    }


def test_only_a_genuine_token_of_today_is_a_session(stack, world, unchanged):
    nobody = Client(stack)
    for name, token in forged_tokens(stack, world.shopper.cookies[ACCESS]).items():
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"{ACCESS}={token}"}):
            answer = nobody.call("GET", "/auth/me", headers=headers)
            assert answer.status_code == 401, (name, headers, answer.text)
            check_refusal(answer, 401, "login_required")


def test_an_identity_that_the_gateway_did_not_give_is_ignored(stack, world, unchanged):
    admin_role = Caller(user_id=UserId("forger"), role="admin")
    forged = sign_identity(admin_role, "GET", "/api/admin/orders", "0" * 64, 3600)
    nobody = Client(stack, "admin.localhost")
    for name in (HEADER, HEADER.lower(), HEADER.replace("-", "_")):
        answer = nobody.call("GET", "/admin/orders", headers={name: forged})
        check_refusal(answer, 401, "login_required")
        own = world.shopper.call("GET", "/auth/me", headers={name: forged}, status=200).json()
        assert own["user"]["id"] != "forger"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://shop.localhost"},
    ],
)
def test_what_another_site_sends_is_refused(world, unchanged, headers):
    item = {"product_id": world.ids["product"], "quantity": 1}
    for method, path, body in [
        ("POST", "/cart/items", item),
        ("DELETE", "/cart", None),
        ("POST", "/auth/logout", None),
        ("POST", "/auth/login", {"email": "a@b.example", "password": PASSWORD}),
        ("POST", f"/orders/{world.ids['order']}/cancel", None),
    ]:
        answer = world.shopper.call(method, path, body, headers=headers)
        check_refusal(answer, 403, "forbidden")


def test_ones_own_pages_and_programs_are_let_through(world):
    path, body = f"/cart/items/{world.ids['product']}", {"quantity": 1}
    own = {"Origin": f"https://{world.shopper.host}"}
    for headers in ({}, own, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        world.shopper.call("PATCH", path, body, headers=headers, status=200)


# ---- Stripe's messages, and keys that come again


def test_a_message_that_stripe_did_not_sign_is_refused(stack, world, unchanged):
    intent = stack.database("payments").payments.find_one({"_id": world.ids["order"]})
    event = {"type": "payment_intent.succeeded", "data": {"object": {"id": str(intent)}}}
    body, now = json.dumps(event).encode(), int(time.time())
    secret = stack.facts["stripe"]["webhook_secret"]
    signatures = [
        "",
        "garbage",
        f"t={now},v1={'0' * 64}",
        signature("whsec_other", body, now),
        signature(secret, body, now - 301),
        signature(secret, body + b" ", now),
    ]
    for header in signatures:
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        answer = world.stranger.send("POST", "/api/payments/webhook", data=body, headers=headers)
        check_refusal(answer, 400, "bad_signature")


def test_a_key_that_comes_again_with_another_body_is_refused(stack, shopper, product):
    shopper.add(product["id"])
    key = {"Idempotency-Key": f"key-{product['id']}"}
    body = {"shipping_address": ADDRESS}
    made = shopper.call("POST", "/cart/checkout", body, headers=key, status=201).json()
    other = {"shipping_address": ADDRESS | {"city": "Elsewhere"}}
    first = shopper.wait_for_order(made["order_id"], "awaiting_payment")
    answer = shopper.call("POST", "/cart/checkout", other, headers=key)
    check_refusal(answer, 422, "idempotency_mismatch")
    again = shopper.call("POST", "/cart/checkout", body, headers=key, status=201).json()
    assert again["order_id"] == made["order_id"]
    pay = {"order_id": made["order_id"]}
    shopper.call("POST", "/payments", pay, headers=key, status=201)
    answer = shopper.call("POST", "/payments", {"order_id": "another"}, headers=key)
    check_refusal(answer, 422, "idempotency_mismatch")
    assert shopper.order(made["order_id"])["lines"] == first["lines"]
    assert shopper.get("/orders")["total"] == 1
