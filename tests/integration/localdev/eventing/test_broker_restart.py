"""What a restart of Kafka does to events on their way."""

import time
from pathlib import Path

import pytest
import requests

from tests.integration.localdev.eventing.harness import Broker, Function, Shop, ce_headers, wait_for

pytestmark = pytest.mark.engines


def test_events_flow_again_after_a_restart_of_the_broker(
    tmp_path: Path, broker: Broker, function: Function
) -> None:
    shop = Shop(tmp_path, broker.address, function)
    shop.add_sink("order-created")
    shop.add_source("reserve-stock", "order-created")
    shop.start_sink()
    shop.start_dispatcher("--commit-seconds", "0.1")
    try:
        assert publish(shop, "before") == 202
        wait_for("the first", lambda: function.ids() == ["before"])
        wait_for("its commit", lambda: shop.committed("reserve-stock") == 1)
        broker.stop()
        started = time.monotonic()
        assert publish(shop, "meanwhile") == 503
        assert time.monotonic() - started < 6
        broker.start()
        wait_for("the sink works", lambda: publish(shop, "after") == 202, seconds=20)
        wait_for("the delivery", lambda: "after" in function.ids(), seconds=20)
    finally:
        for process in list(shop.running):
            shop.stop(process)


def publish(shop: Shop, event: str) -> int:
    url = f"{shop.sinks}/order-created"
    return requests.post(url, b"{}", headers=ce_headers(event), timeout=15).status_code
