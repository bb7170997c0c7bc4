"""Payments, copies of orders and kept answers in MongoDB."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from shared.contracts.event import NewEvent
from shared.contracts.payments import PaymentState
from shared.kernel.errors import IdempotencyMismatch
from shared.kernel.ids import OrderId, PaymentId, UserId
from shared.payments.model import UNDECIDED_ORDER, Order, Payment
from shared.runtime import typed
from shared.runtime.mongo import DuplicateKeyError, Index, collection
from shared.runtime.outbox import Outbox, Publisher
from shared.runtime.replicas import Replicas
from shared.runtime.settings import EventSettings, MongoSettings

A = TypeVar("A")

KEPT_ANSWERS_SECONDS = 7 * 24 * 3600

INDEXES = (
    Index("payments", [("id", 1)], unique=True),
    Index("payments", [("intent_id", 1)], sparse=True),
    Index("payments", [("user_id", 1), ("started_at", 1)]),
    Index("payments", [("is_settled", 1), ("started_at", 1)]),
    Index("payments", [("outbox.id", 1)], sparse=True),
    Index("answers", [("at", 1)], expire_after_seconds=KEPT_ANSWERS_SECONDS),
)
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.02, 0.25


class MongoPayments:
    """The ``payments`` collection; ``_id`` is the order's id, so an order has one."""

    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None:
        self._payments = collection(mongo, "payments")
        self._outbox = Outbox(self._payments, Publisher(events))

    def get(self, order_id: OrderId) -> Payment | None:
        """The payment of an order."""
        return _payment(self._payments.find_one({"_id": order_id}))

    def by_id(self, payment_id: PaymentId) -> Payment | None:
        """The payment with this id."""
        return _payment(self._payments.find_one({"id": payment_id}))

    def by_intent(self, intent_id: str) -> Payment | None:
        """The payment with this intent at the provider."""
        return _payment(self._payments.find_one({"intent_id": intent_id}))

    def add(self, payment: Payment) -> bool:
        """Stores a first payment; false if its order has one."""
        try:
            self._payments.insert_one({"_id": payment.order_id} | _fields(payment))
        except DuplicateKeyError:
            return False
        return True

    def save(self, before: Payment, after: Payment, events: Sequence[PaymentState] = ()) -> bool:
        """Stores ``after`` and tells the others, if the payment still has ``before``'s version."""
        entries = self._outbox.entries(
            NewEvent(payload=event, subject=event.id, version=event.version) for event in events
        )
        update: dict[str, Any] = {"$set": _fields(after)}
        if entries:
            update["$push"] = {"outbox": {"$each": entries}}
        guard = {"_id": before.order_id, "version": before.version}
        stored = bool(self._payments.update_one(guard, update).modified_count)
        if stored:
            self._outbox.flush(before.order_id, entries)
        return stored

    def unsettled(self, before: datetime, limit: int) -> list[Payment]:
        """Payments with something left to do, started before, oldest first."""
        query = {"is_settled": False, "started_at": {"$lte": before}}
        found = self._payments.find(query).sort("started_at", 1).limit(limit)
        return [typed.convert(_named(document), Payment) for document in found]

    def of_user(self, user_id: UserId) -> list[Payment]:
        """All of somebody's payments, oldest first."""
        found = self._payments.find({"user_id": user_id}).sort("started_at", 1)
        return [typed.convert(_named(document), Payment) for document in found]

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""
        return self._outbox.sweep()


class MongoOrders(Replicas[Order]):
    """The ``orders`` collection: the newest known state of each."""

    def __init__(self, mongo: MongoSettings) -> None:
        super().__init__(collection(mongo, "orders"), Order)

    def wait_until_decided(self, order_id: OrderId, seconds: float) -> Order | None:
        """The order once it is known and no longer pending, or what is known when time is up."""
        deadline, pause = time.monotonic() + seconds, _FIRST_WAIT_SECONDS
        while True:
            order = self.get(order_id)
            left = deadline - time.monotonic()
            if (order and order.status != UNDECIDED_ORDER) or left <= 0:
                return order
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_WAIT_SECONDS)


class MongoAnswers:
    """The ``answers`` collection; forgotten after a week."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._answers = collection(mongo, "answers")

    def claim(self, key: str, fingerprint: str, kind: type[A], now: datetime) -> A | None:
        """The answer given before, ``None`` if none was."""
        try:
            self._answers.insert_one({"_id": key, "fingerprint": fingerprint, "at": now})
        except DuplicateKeyError:
            return self._given(key, fingerprint, kind)
        return None

    def keep(self, key: str, answer: A) -> A:
        """Keeps the answer unless there is one; the one that is kept."""
        value = msgspec.to_builtins(answer, builtin_types=(datetime,))
        guard = {"_id": key, "value": {"$exists": False}}
        if self._answers.update_one(guard, {"$set": {"value": value}}).modified_count:
            return answer
        kept = self._answers.find_one({"_id": key})
        return typed.convert(kept["value"], type(answer)) if kept else answer

    def _given(self, key: str, fingerprint: str, kind: type[A]) -> A | None:
        kept = self._answers.find_one({"_id": key})
        if kept is None:
            return None
        if kept["fingerprint"] != fingerprint:
            raise IdempotencyMismatch
        return typed.convert(kept["value"], kind) if "value" in kept else None


def _fields(payment: Payment) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(payment, builtin_types=(datetime,))
    del fields["order_id"]
    return fields | {"is_settled": payment.is_settled}


def _payment(document: dict[str, Any] | None) -> Payment | None:
    return None if document is None else typed.convert(_named(document), Payment)


def _named(document: dict[str, Any]) -> dict[str, Any]:
    return {"order_id": document["_id"]} | document
