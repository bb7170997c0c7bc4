"""``python -m tests.e2e.first_order < status.json``: an order in a shop that runs anywhere.

From the door to an order that awaits its payment, with what `localdev status --json` tells.
Payment is Stripe's own there, so it is made only where the shop has a test key.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.e2e.shop import Client
from tests.e2e.waiting import wait_until


class Known(NamedTuple):
    """A shop of which only its status is known."""

    facts: dict[str, Any]


# Every function on the way may have to start, and its image may be new to the node.
_PATIENCE_SECONDS = 300.0


def first_order(facts: Mapping[str, Any]) -> str:
    """The id of an order that awaits its payment; somebody new has placed it."""
    # By address where the shop says so: not every program knows *.localhost.
    base_url = facts.get("base_url") or facts["storefront"]
    shopper = Client(Known({"base_url": base_url, "ca_file": facts["ca_file"]}))
    try:
        product = shopper.get("/products?in_stock=true&page_size=1")["items"][0]
        shopper.add(product["id"])
        shopper.register()
        shopper.get("/cart")
        order_id = shopper.check_out()
        wait_until(
            lambda: shopper.order(order_id)["status"] == "awaiting_payment",
            f"order {order_id} awaits its payment",
            _PATIENCE_SECONDS,
        )
    finally:
        shopper.close()
    return order_id


if __name__ == "__main__":
    sys.stdout.write(f"order {first_order(json.load(sys.stdin))} awaits its payment\n")
