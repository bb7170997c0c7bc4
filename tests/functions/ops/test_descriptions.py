"""What the shop says of itself: OpenAPI, AsyncAPI, docs, keys."""

import json

import jwt
from jwt import PyJWK

from functions.auth.list_signing_keys import list_signing_keys
from functions.ops.get_asyncapi import get_asyncapi
from functions.ops.get_openapi import get_openapi
from functions.ops.show_api_docs import show_api_docs
from shared.auth.tokens import PublicKeySettings, PublishedKeys
from shared.runtime.declare import spec_of
from shared.runtime.handler import answer
from tests.functions.auth.test_gate import a_token
from tests.functions.auth.test_sessions import PUBLIC


def page(path):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "shop.localhost"}
    return answer(spec_of(show_api_docs), environ)


def test_the_descriptions_are_the_rendered_ones():
    assert json.loads(get_openapi().body)["openapi"].startswith("3.1")
    assert json.loads(get_asyncapi().body)["asyncapi"].startswith("3.")


def test_the_docs_show_every_route_by_context():
    response = page("/docs")
    assert response.status == 200
    for said in (b"/api/cart/checkout", b"Turns the cart into an order"):
        assert said in response.body


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
