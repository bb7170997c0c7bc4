# ruff: noqa: INP001 - a workflow's script, which nobody imports
"""From the door to an order that awaits its payment, in a shop that is up.

Takes the document of `localdev status --json` on standard input: `storefront` and `ca_file`.
Payment is Stripe's own, so it is made only where the shop has a test key.
"""

import json
import logging
import sys
import time
import uuid
from typing import Any

import requests

log = logging.getLogger("journey")
ADDRESS = {
    "name": "Ann Example",
    "line1": "1 Market Street",
    "city": "Springfield",
    "postal_code": "12345",
    "country": "US",
}
# Every function on the way may have to start, and its image may be new to the node.
_REQUEST_SECONDS, _EVENTS_SECONDS = 120, 300


class Shopper:
    """One person with a browser's cookies."""

    def __init__(self, storefront: str, authority: str) -> None:
        self._storefront = storefront
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = authority

    def send(self, method: str, path: str, body: Any = None) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """The JSON of an answer that must be a success; the step is told."""
        url = f"{self._storefront}/api{path}"
        answer = self._session.request(method, url, json=body, timeout=_REQUEST_SECONDS)
        log.info("%s %s: %s in %s", method, path, answer.status_code, answer.elapsed)
        if not answer.ok:
            raise SystemExit(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found


def buy(shopper: Shopper) -> str:
    """Registers, looks around and checks out; the order's id."""
    product = shopper.send("GET", "/products?in_stock=true&page_size=1")["items"][0]
    shopper.send("POST", "/cart/items", {"product_id": product["id"], "quantity": 1})
    email = f"{uuid.uuid4().hex}@example.com"
    account = {"email": email, "password": "correct horse battery", "name": "Ann Example"}
    shopper.send("POST", "/auth/register", account)
    shopper.send("GET", "/cart")
    order = shopper.send("POST", "/cart/checkout", {"shipping_address": ADDRESS})
    return str(order["order_id"])


def wait_for(shopper: Shopper, order_id: str, status: str) -> None:
    """Returns once events have brought the order there; fails when they do not in time."""
    deadline = time.monotonic() + _EVENTS_SECONDS
    while (found := shopper.send("GET", f"/orders/{order_id}")["status"]) != status:
        if time.monotonic() > deadline:
            raise SystemExit(f"order {order_id} is {found} after {_EVENTS_SECONDS} s, not {status}")
        time.sleep(2)


def main() -> None:
    """Walks the way once."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    facts = json.load(sys.stdin)
    shopper = Shopper(facts["storefront"], facts["ca_file"])
    wait_for(shopper, buy(shopper), "awaiting_payment")


if __name__ == "__main__":
    main()
