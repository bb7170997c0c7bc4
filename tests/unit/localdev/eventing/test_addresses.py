"""Destinations: the cluster's names and the URLs that stand for them."""

import pytest

from localdev.eventing.addresses import Address, Addresses
from localdev.eventing.spec import Destination

ADDRESSES = Addresses("http://127.0.0.1:1/", "http://127.0.0.1:2")
CLUSTER = "http://cart-settle-cart.popshop.svc.cluster.local"
INGRESS = "http://kafka-sink-ingress.knative-eventing.svc.cluster.local"


@pytest.mark.parametrize(
    ("destination", "cluster", "url"),
    [
        (
            Destination("Service", "cart-settle-cart"),
            CLUSTER,
            "http://127.0.0.1:1/_services/cart-settle-cart/",
        ),
        (
            Destination("Service", "cart-settle-cart", uri="/events?a=1"),
            f"{CLUSTER}/events?a=1",
            "http://127.0.0.1:1/_services/cart-settle-cart/events?a=1",
        ),
        (
            Destination("KafkaSink", "dead-letters"),
            f"{INGRESS}/popshop/dead-letters",
            "http://127.0.0.1:2/dead-letters",
        ),
        (
            Destination(uri="http://example.test/x"),
            "http://example.test/x",
            "http://example.test/x",
        ),
        (
            Destination(uri=f"{CLUSTER}/x"),
            f"{CLUSTER}/x",
            "http://127.0.0.1:1/_services/cart-settle-cart/x",
        ),
    ],
)
def test_addresses(destination: Destination, cluster: str, url: str) -> None:
    assert ADDRESSES.of(destination) == Address(cluster, url)
