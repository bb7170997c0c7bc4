import pytest

from localdev.serving.addressing import Target, find_target


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
    assert target.function == "cart-get-cart"
    assert target.path == "/_services/orders-place-order/orders"


def test_other_hosts_and_paths_name_none():
    assert find_target("/cart", "shop.localhost", []) is None
