import socket

import pytest

from tests.integration.gateway.harness import HOST, Answer

PROBLEM = "application/problem+json"


def test_the_authorizer_is_asked_before_the_function(gateway):
    gateway.call("GET", "/api/cart?page=2", Cookie="__Host-access=t", Sec_Fetch_Site="none")
    asked = gateway.authorizer.seen[-1]
    assert (asked.method, asked.path) == ("GET", "/authorize/api/cart?page=2")
    assert asked.headers["host"] == f"shop.localhost:{gateway.port}"
    assert asked.headers["cookie"] == "__Host-access=t"
    assert asked.headers["sec-fetch-site"] == "none"
    assert asked.headers["x-envoy-external-address"] == HOST
    assert gateway.last.headers["x-shop-identity"] == "signed"


def test_public_reads_of_the_api_go_straight_to_their_function(gateway):
    assert gateway.call("GET", "/api/products").status == 200
    assert not gateway.authorizer.seen
    gateway.call("GET", "/products")
    assert len(gateway.authorizer.seen) == 1


@pytest.mark.parametrize("path", ["/api/products", "/api/cart"])
@pytest.mark.parametrize("name", ["X-Shop-Identity", "x-SHOP-identity"])
def test_a_clients_identity_header_is_stripped(gateway, path, name):
    gateway.authorizer.answer = lambda _: Answer(200)
    gateway.call("GET", path, **{name: "forged"})
    assert "x-shop-identity" not in gateway.last.headers


@pytest.mark.parametrize(
    "name", ["X_Shop_Identity", "ce-type", "K-Network-Probe", "Knative-Serving-Tag", "Forwarded"]
)
def test_a_client_cannot_speak_for_the_platform(gateway, name):
    connection = socket.create_connection((HOST, gateway.port), timeout=5)
    context = gateway.context
    with connection, context.wrap_socket(connection, server_hostname="shop.localhost") as secure:
        head = f"GET /api/products HTTP/1.1\r\nHost: shop.localhost\r\n{name}: forged\r\n"
        secure.sendall((head + "Connection: close\r\n\r\n").encode())
        while secure.recv(4096):
            pass
    assert "forged" not in gateway.last.headers.values()


def test_a_client_cannot_choose_the_service_or_the_host_that_functions_see(gateway):
    gateway.call("GET", "/api/products", X_Shop_Service="x", X_Forwarded_Host="admin.localhost")
    assert gateway.last.headers["x-shop-service"] == "products-list-products"
    assert gateway.last.headers["x-forwarded-host"] == f"shop.localhost:{gateway.port}"


def test_a_client_cannot_choose_its_address(gateway):
    gateway.call("GET", "/api/cart", X_Envoy_External_Address="1.2.3.4", X_Forwarded_For="1.2.3.4")
    assert gateway.last.headers["x-envoy-external-address"] == HOST
    assert gateway.authorizer.seen[-1].headers["x-envoy-external-address"] == HOST


def test_sessions_do_not_reach_functions(gateway):
    cookies = "shop-name=Ann; __Host-access=a; __Host-refresh=r;cart-count=2; __Secure-x=1"
    gateway.call("GET", "/api/cart", Cookie=cookies, Authorization="Bearer t")
    assert gateway.last.headers["cookie"] == "shop-name=Ann; cart-count=2"
    assert "authorization" not in gateway.last.headers
    gateway.call("GET", "/api/products", Cookie="__Host-access=a")
    assert "cookie" not in gateway.last.headers


def test_the_functions_of_auth_see_the_session(gateway):
    gateway.call("POST", "/api/auth/login", body=b"{}", Cookie="__Host-refresh=r; a=b")
    assert gateway.last.headers["cookie"] == "__Host-refresh=r; a=b"


def test_cookies_of_the_authorizer_reach_the_client_beside_the_functions(gateway):
    reply = gateway.call("GET", "/api/cart")
    assert sorted(reply.all("set-cookie")) == ["__Host-guest=g1", "cart-count=1", "shop-name=Ann"]


def test_a_refusal_of_the_authorizer_passes_as_it_is(gateway):
    headers = [("Content-Type", PROBLEM), ("WWW-Authenticate", "Bearer"), ("X-Inner", "secret")]
    refusal = b'{"status": 401, "code": "login_required"}'
    gateway.authorizer.answer = lambda _: Answer(401, headers, refusal)
    reply = gateway.call("GET", "/api/cart")
    assert (reply.status, reply.body, reply["content-type"]) == (401, refusal, PROBLEM)
    assert (reply["www-authenticate"], reply["x-inner"]) == ("Bearer", "")
    assert not gateway.upstream.seen


def test_the_authorizer_may_redirect_and_limit(gateway):
    cookies = [("Set-Cookie", "__Host-access="), ("Set-Cookie", "__Host-guest=g2")]
    redirect = Answer(303, [("Location", "/auth/refresh?next=/cart"), *cookies])
    gateway.authorizer.answer = lambda _: redirect
    reply = gateway.call("GET", "/cart")
    assert (reply.status, reply["location"]) == (303, "/auth/refresh?next=/cart")
    assert len(reply.all("set-cookie")) == 2
    limited = Answer(429, [("Retry-After", "7"), ("Content-Type", PROBLEM)], b"{}")
    gateway.authorizer.answer = lambda _: limited
    reply = gateway.call("GET", "/cart")
    assert (reply.status, reply["retry-after"], reply.body) == (429, "7", b"{}")


def test_without_its_authorizer_the_gateway_fails_closed(gateway):
    gateway.authorizer.stop()
    try:
        reply = gateway.call("GET", "/api/cart")
        assert (reply.status, reply["retry-after"]) == (503, "2")
        assert (reply["content-type"], reply.json["code"]) == (PROBLEM, "unavailable")
        assert gateway.call("GET", "/api/products").status == 200
    finally:
        gateway.authorizer.start()
    assert [seen.path for seen in gateway.upstream.seen] == ["/api/products"]


def test_an_authorizer_that_fails_closes_the_gateway(gateway):
    gateway.authorizer.answer = lambda _: Answer(500, [], b"crash")
    reply = gateway.call("POST", "/cart/items")
    assert (reply.status, reply.json["code"]) == (503, "unavailable")
    assert not gateway.upstream.seen
