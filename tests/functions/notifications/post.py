"""Mail on fakes: the function with its ports, and the events that it hears."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.notifications.announce_order import announce_order
from functions.notifications.remember_recipient import remember_recipient
from functions.notifications.send_email import send_email
from shared.contracts.auth import LinkRequested, UserRegistered
from shared.contracts.event import EventMeta, source_of, topic_of, type_of
from shared.contracts.orders import OrderLine, OrderState
from shared.contracts.payments import PaymentRefunded
from shared.kernel.money import Money
from shared.notifications.links import StorefrontLinks
from shared.notifications.model import Letter
from shared.runtime.settings import LinkSettings, PublicUrlSettings
from tests.fakes.auth import FakeClock
from tests.fakes.notifications import (
    FakeFeed,
    FakeInboxes,
    FakeMailer,
    FakeMails,
    FakeRecipients,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SHOP, LINK_KEY = "https://shop.localhost:8443", "22" * 32
STATUSES = {
    "order.confirmed": "awaiting_payment",
    "order.paid": "paid",
    "order.shipped": "shipped",
    "order.cancelled": "cancelled",
}


def ann(version: int = 1, **changes: Any) -> UserRegistered:
    fields: dict[str, Any] = {
        "id": "ann",
        "email": "ann@example.test",
        "name": "Ann",
        "version": version,
    }
    return UserRegistered(**(fields | changes))


def a_link(purpose: str = "reset_password", **changes: Any) -> LinkRequested:
    fields: dict[str, Any] = {
        "id": "link-1",
        "user_id": "ann",
        "email": "ann@then.test",
        "name": "Ann",
        "purpose": purpose,
        "expires_at": NOW + timedelta(hours=1),
        "version": 1,
    }
    return LinkRequested(**(fields | changes))


def an_order(kind: type[OrderState], **changes: Any) -> Any:
    line = OrderLine(
        product_id="p1",
        sku="S-1",
        title="Ring <gold>",
        unit_price=Money(1500),
        quantity=2,
        line_total=Money(3000),
    )
    fields: dict[str, Any] = {
        "id": "o1",
        "number": "P-ABC234",
        "user_id": "ann",
        "status": STATUSES[topic_of(kind)],
        "lines": [line],
        "subtotal": Money(3000),
        "discount": Money(300),
        "shipping": Money(500),
        "tax": Money(270),
        "total": Money(3470),
        "cart_id": "c1",
        "cart_version": 1,
        "attempt": 1,
        "created_at": NOW,
        "expires_at": NOW,
        "version": 3,
    }
    return kind(**(fields | changes))


def a_refund(refunded: int = 1000, **changes: Any) -> PaymentRefunded:
    fields: dict[str, Any] = {
        "id": "pay-1",
        "order_id": "o1",
        "user_id": "ann",
        "status": "partially_refunded",
        "amount": Money(3470),
        "refunded": Money(refunded),
        "version": 4,
    }
    return PaymentRefunded(**(fields | changes))


def meta_of(payload: Any, event_id: str = "e1") -> EventMeta:
    kind = type(payload)
    return EventMeta(
        id=event_id,
        type=type_of(kind),
        topic=topic_of(kind),
        source=source_of(kind),
        subject=payload.id,
        version=payload.version,
        time=NOW,
    )


@dataclass
class Post:
    """``hear`` delivers an event; ``mailer.sent`` is what was mailed."""

    recipients: Any = field(default_factory=FakeRecipients)
    mails: Any = field(default_factory=FakeMails)
    inboxes: Any = field(default_factory=FakeInboxes)
    mailer: Any = field(default_factory=FakeMailer)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def know(self, *users: Any) -> None:
        for user in users or (ann(),):
            remember_recipient(user, self.recipients)

    def announce(self, order: OrderState) -> None:
        announce_order(order, meta_of(order), self.inboxes, FakeFeed(), self.clock)

    def hear(self, event: Any, event_id: str = "e1") -> None:
        send_email(
            event,
            meta_of(event, event_id),
            self.recipients,
            self.mails,
            self.inboxes,
            self.mailer,
            StorefrontLinks(PublicUrlSettings(SHOP, "https://admin.test"), LinkSettings(LINK_KEY)),
            self.clock,
        )

    @property
    def letter(self) -> Letter:
        """The one that was sent."""
        (letter,) = self.mailer.sent
        return letter  # type: ignore[no-any-return]  # a fake's
