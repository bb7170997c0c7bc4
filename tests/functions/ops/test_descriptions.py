"""What the shop says of itself: OpenAPI, AsyncAPI, docs, keys."""

import json

import jwt
from jwt import PyJWK

from functions.auth.list_signing_keys import list_signing_keys
from functions.ops.get_asyncapi import get_asyncapi
from functions.ops.get_openapi import get_openapi
from functions.ops.show_api_docs import show_api_docs
from shared.auth.tokens import PublicKeySettings, PublishedKeys
from shared.ops.api_docs import read_api
from shared.runtime.declare import spec_of
from shared.runtime.handler import answer
from tests.functions.auth.test_gate import a_token
from tests.functions.auth.world import PUBLIC


def page(path):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "shop.localhost"}
    return answer(spec_of(show_api_docs), environ)


def test_the_descriptions_are_the_rendered_ones():
    assert json.loads(get_openapi().body)["openapi"].startswith("3.1")
    assert json.loads(get_asyncapi().body)["asyncapi"].startswith("3.")


def test_the_docs_show_every_route_by_context():
    response = page("/docs")
    assert response.status == 200
    for said in (b"/api/cart/checkout", b"Turns the cart into an order", b"shipping_address"):
        assert said in response.body


def test_the_docs_say_who_may_call_and_what_goes_in_and_out():
    api = read_api(get_openapi().body)
    calls = {f"{one.method} {one.path}": one for group in api.groups for one in group.operations}
    checkout = calls["POST /api/cart/checkout"]
    assert checkout.who == "Users"
    assert ("shipping_address", True) in {(one.name, one.is_required) for one in checkout.takes}
    assert json.loads(checkout.sent)["shipping_address"]["country"] == "US"
    assert {one.name for one in checkout.gives} == {"order_id", "status"}
    assert json.loads(checkout.answered).keys() == {"order_id", "status"}
    assert checkout.status == "201"
    assert {"401", "409", "422"} <= checkout.refusals.keys()
    assert calls["GET /api/products"].who == "Everybody"
    assert "page_size" in {one.name for one in calls["GET /api/products"].asks}
    assert calls["GET /api/cart"].who == "Guests and users"
    assert calls["GET /api/admin/orders"].who == "Administrators"


def test_the_docs_leave_no_call_out():
    document = json.loads(get_openapi().body)
    described = sum(len(calls) for calls in document["paths"].values())
    groups = read_api(get_openapi().body).groups
    assert sum(len(group.operations) for group in groups) == described
    assert all(group.operations and group.description for group in groups)


def test_the_docs_of_the_api_are_the_page():
    response = page("/api/docs")
    assert (response.status, dict(response.headers)["Location"]) == (303, "/docs")


def test_a_token_verifies_with_the_published_key():
    published = json.loads(list_signing_keys(PublishedKeys(PublicKeySettings(PUBLIC))).body)
    (key,) = published["keys"]
    assert "d" not in key
    token = a_token()
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    claims = jwt.decode(token, PyJWK(key).key, algorithms=[key["alg"]], audience="popshop")
    assert claims["sub"] == "u1"
