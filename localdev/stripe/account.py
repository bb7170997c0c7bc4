"""The account: applies steps durably, and turns what happened into events to be sent."""

import asyncio
import sqlite3
import time

import msgspec

from localdev.stripe.deliveries import Deliveries
from localdev.stripe.faults import Faults, dues
from localdev.stripe.forms import Json
from localdev.stripe.moment import Moment
from localdev.stripe.objects import Objects
from localdev.stripe.records import Charge, Event, Record, Refund
from localdev.stripe.refunds import settled
from localdev.stripe.step import Step
from localdev.stripe.store import Store

_SETTLED_AFTER_SECONDS = 1.0


class Account:
    """Everything that the API reads and changes. One thread works on it, one call at a time."""

    def __init__(self, store: Store, objects: Objects, *, has_endpoint: bool) -> None:
        self.store = store
        self.objects = objects
        self.faults = Faults()
        self.deliveries = Deliveries(store.connection)
        self.news = asyncio.Event()
        self._has_endpoint = has_endpoint

    def apply(
        self,
        step: Step[Record],
        moment: Moment,
        request_id: str | None = None,
        key: str | None = None,
    ) -> None:
        """Keeps the step's records, events and deliveries; call it inside a transaction."""
        for record in (step.about, *step.others):
            self.store.put(record)
            self._plan_settlement(record)
        for position, happening in enumerate(step.happenings):
            data: Json = {"object": self.objects.whole(happening.about)}
            if happening.previous is not None:
                data["previous_attributes"] = happening.previous
            event = Event(
                id=moment.new_id("evt"),
                created=moment.now,
                type=happening.type,
                data=data,
                request_id=request_id,
                idempotency_key=key,
            )
            self.store.put(event)
            self.send(event.id, position)

    def send(self, event_id: str, position: int = 0) -> None:
        """Plans the event's deliveries, with the faults asked for."""
        if self._has_endpoint:
            now = time.time()
            self.deliveries.add(event_id, dues(self.faults, now, position), now)

    def event_object(self, event_id: str) -> Json:
        """The event with the number of webhooks still to be taken."""
        event = self.objects.whole(self.store.get(Event, event_id))
        return event | {"pending_webhooks": self.deliveries.waiting(event_id)}

    def take_loss(self) -> bool:
        """Whether this attempt to send is one of those to be lost."""
        if self.faults.drop == 0:
            return False
        self.faults = msgspec.structs.replace(self.faults, drop=self.faults.drop - 1)
        return True

    def settle_refunds(self, now: float) -> None:
        """Turns the due late refunds into what becomes of them."""
        due = self._connection.execute(
            "SELECT refund_id FROM settlements WHERE due <= ?", (now,)
        ).fetchall()
        for (refund_id,) in due:
            with self.store.transaction():
                refund = self.store.get(Refund, refund_id)
                charge = self.store.get(Charge, refund.charge)
                self.apply(settled(refund, charge), Moment())
                self._connection.execute(
                    "DELETE FROM settlements WHERE refund_id = ?", (refund_id,)
                )
        if due:
            self.news.set()

    def _plan_settlement(self, record: Record) -> None:
        if isinstance(record, Refund) and record.becomes is not None:
            self._connection.execute(
                "INSERT OR IGNORE INTO settlements VALUES (?, ?)",
                (record.id, time.time() + _SETTLED_AFTER_SECONDS),
            )

    @property
    def _connection(self) -> sqlite3.Connection:
        return self.store.connection
