import json
import tempfile
from pathlib import Path

import pytest

from knative.render.routes import Route
from tests.integration.gateway.harness import Answer, Seen, running_gateway

SMALL, LARGE = 64 * 1024, 4 * 1024 * 1024


def route(method, path, service, *, access="guest", host="both", limit_bytes=SMALL, **more):
    is_page = not path.startswith("/api/")
    return Route(
        method=method,
        path=path,
        host=host,
        access=access,
        context=service.partition("-")[0],
        service=service,
        is_page=is_page and not more.get("is_socket"),
        timeout_seconds=more.pop("timeout_seconds", 1),
        limit_bytes=limit_bytes,
        **more,
    )


ROUTES = sorted(
    [
        route("GET", "/api/products", "products-list-products", access="public"),
        route("GET", "/products", "products-list-products", access="public"),
        route("GET", "/api/products/{product_id}", "products-get-product", access="public"),
        route("GET", "/assets/{file...}", "storefront-serve-asset", access="public"),
        route("GET", "/api/cart", "cart-get-cart"),
        route("GET", "/cart", "cart-get-cart"),
        route("DELETE", "/cart", "cart-clear-cart"),
        route("POST", "/cart/items", "cart-add-cart-item"),
        route("POST", "/api/cart/items", "cart-add-cart-item"),
        route("PATCH", "/cart/items/{product_id}", "cart-update-cart-item"),
        route("POST", "/api/auth/login", "auth-log-in", access="public"),
        route("GET", "/api/admin/orders", "orders-list-all-orders", access="admin", host="admin"),
        route("POST", "/api/admin/imports", "products-start-import", limit_bytes=LARGE),
        route(
            "GET",
            "/ws/notifications",
            "notifications-stream-notifications",
            access="user",
            is_socket=True,
        ),
    ],
    key=lambda item: (item.specificity, item.host, item.method),
)


def echo(seen: Seen) -> Answer:
    return Answer(
        200,
        [("Content-Type", "application/json"), ("Set-Cookie", "cart-count=1")],
        json.dumps({"method": seen.method, "path": seen.path}).encode(),
    )


def admit(seen: Seen) -> Answer:
    del seen
    cookies = [("Set-Cookie", "__Host-guest=g1"), ("Set-Cookie", "shop-name=Ann")]
    return Answer(200, [("x-shop-identity", "signed"), *cookies])


@pytest.fixture(scope="session")
def running():
    with (
        tempfile.TemporaryDirectory(prefix="gateway-") as folder,
        running_gateway(ROUTES, Path(folder), echo, admit) as running,
    ):
        yield running


@pytest.fixture
def gateway(running):
    for server in (running.upstream, running.authorizer, running.socket):
        server.reset()
    return running
