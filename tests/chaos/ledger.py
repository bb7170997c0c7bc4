"""The end of it all: what the stores and Stripe's ledger say of every order of a stack."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.chaos.wreck import Wrecker
from tests.e2e.stack import Stack

SWEEPS = ("cart", "orders", "payments", "products")
OUTBOXES = (
    ("cart", "carts"),
    ("orders", "orders"),
    ("payments", "payments"),
    ("products", "products"),
    ("products", "reservations"),
)
PAID = frozenset({"paid", "shipped", "delivered", "refunded"})
UNPAID = ("pending", "awaiting_payment")
_OUT_OF_STOCK = frozenset({"rejected", "released", "restocked"})
Document = dict[str, Any]


class Ledger:
    """``stock`` is what each product of the tests began with."""

    def __init__(self, stack: Stack, wrecker: Wrecker) -> None:
        self.stack = stack
        self.wrecker = wrecker
        self.stock: dict[str, int] = {}
        self.acknowledged: set[str] = set()
        self._database = cache(stack.database)

    def close(self) -> None:
        """Ends the connections."""
        for context in SWEEPS:
            self._database(context).client.close()

    def find(self, context: str, name: str, **query: Any) -> list[Document]:
        """Documents of a store."""
        return list(self._database(context)[name].find(query))

    def grow_old(self) -> None:
        """Minutes pass for what was left behind: it is the sweeps' now."""
        past = datetime.now(UTC) - timedelta(minutes=6)
        old = past.isoformat().replace("+00:00", "Z")
        for context, name in OUTBOXES:
            documents = self._database(context)[name]
            for left in documents.find({"outbox.id": {"$exists": True}}, {"outbox": 1}):
                for entry in left["outbox"]:
                    found = {"_id": left["_id"], "outbox.id": entry["id"]}
                    documents.update_one(found, {"$set": {"outbox.$.time": old}})
        reservations = self._database("products")["reservations"]
        reservations.update_many({"open_since": {"$exists": True}}, {"$set": {"open_since": past}})

    def expire_orders(self) -> None:
        """A quarter of an hour passes for whoever has not paid."""
        past = {"$set": {"expires_at": datetime.now(UTC) - timedelta(minutes=1)}}
        self._database("orders")["orders"].update_many({"status": {"$in": UNPAID}}, past)
        self._database("payments")["payments"].update_many({"is_settled": False}, past)

    def problems(self) -> list[str]:
        """What is lost, charged twice, oversold or stuck; nothing when all is well."""
        orders = {order["_id"]: order for order in self.find("orders", "orders")}
        held = {one["_id"]: one for one in self.find("products", "reservations")}
        lost = [f"{order_id} is lost" for order_id in self.acknowledged - orders.keys()]
        return [
            *lost,
            *self._left_behind(),
            *self._money(orders),
            *(line for order in orders.values() for line in _states(order, held)),
            *self._stock(orders),
        ]

    def _left_behind(self) -> Iterator[str]:
        for context, name in OUTBOXES:
            for document in self.find(context, name, **{"outbox.id": {"$exists": True}}):
                yield f"{context}: {document['_id']} has unpublished events"

    def _money(self, orders: dict[str, Document]) -> Iterator[str]:
        taken: dict[str, list[int]] = {}
        for intent in self._intents():
            if intent["status"] == "succeeded":
                charge = intent["latest_charge"]
                assert charge["amount"] == intent["amount"]
                kept = charge["amount"] - charge["amount_refunded"]
                taken.setdefault(intent["metadata"]["order_id"], []).append(kept)
        for order_id, order in orders.items():
            due = [order["total"]["amount"]] if order["status"] in PAID else []
            kept = [amount for amount in taken.get(order_id, []) if amount]
            if kept != due:
                yield f"{order_id} is {order['status']}: {kept} kept, {due} due"

    def _intents(self) -> Iterator[Document]:
        path = "/v1/payment_intents?limit=100&expand[]=data.latest_charge"
        after = ""
        while True:
            page = self.stack.stripe("GET", path + after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"

    def _stock(self, orders: dict[str, Document]) -> Iterator[str]:
        sold: Counter[str] = Counter()
        for order in orders.values():
            for line in order["lines"] if order["status"] in PAID else ():
                sold[line["product_id"]] += line["quantity"]
        for product_id, pieces in self.stock.items():
            (product,) = self.find("products", "products", _id=product_id)
            free, holds = product["available"], product["holds"]
            if holds or free < 0 or free + sold[product_id] != pieces:
                yield f"{product_id}: {pieces} pieces, {free} free, {sold} sold, held: {holds}"


def _states(order: Document, reservations: dict[str, Document]) -> Iterator[str]:
    status, held = order["status"], reservations.get(order["_id"])
    if status in UNPAID or held is None:
        yield f"{order['_id']} is stuck as {status}"
    elif held.get("open_since"):
        yield f"{order['_id']}: the reservation is unfinished: {held['state']}"
    elif held["state"] not in ({"committed"} if status in PAID else _OUT_OF_STOCK):
        yield f"{order['_id']} is {status} and its stock is {held['state']}"
