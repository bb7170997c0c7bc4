import pytest

from localdev.serving.headers import (
    Target,
    find_target,
    request_head,
    to_client,
    to_function,
)

TARGET = Target("cart-get-cart", "/cart", "shop.localhost")


def seen(*headers: tuple[bytes, bytes], peer: str = "127.0.0.1") -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in to_function(list(headers), TARGET, peer)}


@pytest.mark.parametrize(
    ("path", "service", "rest"),
    [
        ("/_services/orders-place-order/orders?a=1", "orders-place-order", "/orders?a=1"),
        ("/_services/orders-place-order/", "orders-place-order", "/"),
        ("/_services/orders-place-order", "orders-place-order", "/"),
        ("/_services/orders-place-order?a=1", "orders-place-order", "/?a=1"),
    ],
)
def test_a_path_prefix_names_the_service_and_is_taken_off(path, service, rest):
    target = find_target(path, "127.0.0.1:1234", [])
    assert target == Target(service, rest, f"{service}.popshop.svc.cluster.local")


def test_a_cluster_host_names_the_service():
    host = "cart-get-cart.popshop.svc.cluster.local"
    assert find_target("/cart", host, []) == Target("cart-get-cart", "/cart", host)


def test_the_gateways_header_wins_over_a_path_of_the_clients_making():
    headers = [(b"X-Shop-Service", b"cart-get-cart")]
    target = find_target("/_services/orders-place-order/orders", "shop.localhost", headers)
    assert target is not None
    assert target.service == "cart-get-cart"
    assert target.path == "/_services/orders-place-order/orders"


def test_other_hosts_and_paths_name_none():
    assert find_target("/cart", "shop.localhost", []) is None


def test_the_worked_example_of_the_forwarded_shim():
    headers = seen((b"X-Forwarded-For", b"10.1.2.3, 10.0.0.9"), (b"X-Forwarded-Proto", b"http"))
    assert headers[b"forwarded"] == b"for=10.1.2.3;proto=http, for=10.0.0.9"
    assert headers[b"x-forwarded-for"] == b"10.1.2.3, 10.0.0.9, 127.0.0.1"


@pytest.mark.parametrize(
    ("headers", "forwarded"),
    [
        ([(b"X-Forwarded-For", b"::1")], b'for="[::1]"'),
        ([(b"X-Forwarded-Host", b"shop")], b"host=shop"),
        ([(b"X-Forwarded-Proto", b"https"), (b"Forwarded", b"for=x")], b"for=x"),
        ([], None),
    ],
)
def test_forwarded_is_made_only_of_what_came_along(headers, forwarded):
    assert seen(*headers).get(b"forwarded") == forwarded


def test_the_function_sees_its_host_and_that_the_activator_passed_it_on():
    headers = seen((b"Host", b"gateway"), (b"X-Shop-Service", b"cart-get-cart"))
    assert headers[b"host"] == b"shop.localhost"
    assert headers[b"k-proxy-request"] == b"activator"
    assert b"x-shop-service" not in headers


def test_hop_headers_and_those_named_in_connection_are_dropped():
    headers = seen((b"Connection", b"close, X-Mine"), (b"X-Mine", b"1"), (b"Upgrade", b"h2c"))
    assert not {b"connection", b"x-mine", b"upgrade"} & set(headers)
    answered = to_client([(b"Connection", b"close"), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")])
    assert answered == [("Set-Cookie", "a"), ("Set-Cookie", "b")]


def test_a_head_is_the_bytes_of_http():
    head = request_head("GET", "/a%20b?c", [(b"Host", b"h")])
    assert head == b"GET /a%20b?c HTTP/1.1\r\nHost: h\r\n\r\n"
