"""What may have happened, as the events that tell of it: the golden ones, and others like them."""

from dataclasses import dataclass, replace
from typing import Any

from shared.contracts.event import type_of
from shared.kernel.money import Money
from tests.contracts.events.test_golden_events import FOLDER, golden, payload_of


@dataclass(frozen=True)
class History:
    """Events in the order in which they happened."""

    name: str
    events: tuple[Any, ...]

    def of(self, payloads: tuple[type, ...]) -> "History":
        """The part that a reaction to these types hears."""
        return History(self.name, tuple(one for one in self.events if type(one) in payloads))


def told(topic: str, **changes: Any) -> Any:
    """The golden event of a topic with some fields changed."""
    name = f"popshop.{topic}.v1"
    return replace(payload_of(name, golden(name)["data"]), **changes)


def _all_of_it(payment: Any) -> Any:
    return replace(payment, status="refunded", refunded=payment.amount)


HAPPENED = (
    History(
        "a product's life",
        (
            told("product.created"),
            told("product.updated", price=Money(14900)),
            told("product.updated", available=3, title="Headphones", version=3),
            told("product.deleted", version=6),
        ),
    ),
    History("an import", (told("product.imported"), told("import.chunked"))),
    History(
        "a delivered order",
        tuple(
            told(f"order.{step}")
            for step in ("created", "confirmed", "paid", "shipped", "delivered")
        ),
    ),
    History("a rejected order", (told("order.created"), told("order.cancelled"))),
    History(
        "an order that was cancelled after it was paid",
        (
            told("order.created"),
            told("order.confirmed"),
            told("order.paid"),
            told("order.cancelled", status_reason="admin", version=4),
        ),
    ),
    History("held stock", (told("stock.reserved"),)),
    History("short stock", (told("stock.rejected"),)),
    History(
        "a payment given back",
        (
            told("payment.started"),
            told("payment.failed"),
            told("payment.failed", version=3),
            told("payment.created", version=4),
            told("payment.refunded", version=5),
            _all_of_it(told("payment.refunded", version=6)),
        ),
    ),
    History(
        "a disputed payment",
        (told("payment.started"), told("payment.created"), told("payment.disputed")),
    ),
    History(
        "an expired payment",
        (
            told("payment.started"),
            told("payment.failed"),
            told("payment.failed", reason="expired", version=3),
        ),
    ),
    History(
        "a user's life",
        (
            told("user.registered"),
            told("user.updated"),
            told("user.deleted"),
        ),
    ),
)
# A type that is in no story is one of its own.
_IN_STORIES = {type_of(type(event)) for history in HAPPENED for event in history.events}
HISTORIES = (
    *HAPPENED,
    *(
        History(name, (payload_of(name, golden(name)["data"]),))
        for name in sorted({file.stem for file in FOLDER.glob("*.json")} - _IN_STORIES)
    ),
)
