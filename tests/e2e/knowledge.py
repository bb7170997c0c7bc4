"""Everything that the shop and Stripe know of an order: to see that nothing changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.e2e.stack import Stack
from tests.e2e.waiting import wait_until

Document = dict[str, Any]


def known_of(stack: Stack, order_id: str) -> dict[str, Any]:
    """What each context's database, and Stripe, hold about an order and what hangs on it."""
    stack.wait_until_quiet()
    order = stack.database("orders").orders.find_one({"_id": order_id})
    assert order, f"there is no order {order_id}"
    products = {"_id": {"$in": [line["product_id"] for line in order["lines"]]}}
    notes = stack.database("notifications").notifications.find({"user_id": order["user_id"]})
    return {
        "order": order,
        "products of orders": list(stack.database("orders").products.find(products)),
        "payment": stack.database("payments").payments.find_one({"_id": order_id}),
        "order of payments": stack.database("payments").orders.find_one({"_id": order_id}),
        "reservation": stack.database("products").reservations.find_one({"_id": order_id}),
        "products": list(stack.database("products").products.find(products)),
        "cart": stack.database("cart").carts.find_one({"id": order["cart_id"]}),
        "products of cart": list(stack.database("cart").products.find(products)),
        "notifications": sorted(notes, key=lambda note: int(note["sequence"])),
        "intents": (intents := intents_of(stack, order_id)),
        "money": [money_of(stack, intent["id"]) for intent in intents],
    }


def intents_of(stack: Stack, order_id: str) -> list[Document]:
    """The payment intents at Stripe that name an order (of the newest hundred)."""
    found = stack.stripe("GET", "/v1/payment_intents?limit=100")["data"]
    return [intent for intent in found if intent["metadata"].get("order_id") == order_id]


def money_of(stack: Stack, intent_id: str) -> tuple[int, int]:
    """What was charged and what went back for an intent, in minor units."""
    charges = stack.stripe("GET", f"/v1/charges?payment_intent={intent_id}")["data"]
    refunds = stack.stripe("GET", f"/v1/refunds?payment_intent={intent_id}")["data"]
    charged = sum(charge["amount_captured"] for charge in charges if charge["paid"])
    return charged, sum(refund["amount"] for refund in refunds if refund["status"] == "succeeded")


@contextmanager
def webhook_faults(stack: Stack, **faults: Any) -> Iterator[None]:
    """Faults of Stripe's webhooks, until the last one was delivered."""
    url = f"{stack.facts['stripe']['api_base']}/_test/webhooks"
    requests.post(url, json=faults, timeout=10).raise_for_status()
    try:
        yield
    finally:
        requests.post(url, json={}, timeout=10).raise_for_status()
    wait_until(
        lambda: requests.get(url, timeout=10).json()["waiting"] == 0, "all webhooks are delivered"
    )
