"""Orders: what was bought, and the states an order may go through (rules without a driver)."""

import secrets
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderCreated,
    OrderDelivered,
    OrderLine,
    OrderPaid,
    OrderShipped,
    OrderState,
    PlaceOrder,
    ShippingAddress,
)
from shared.contracts.products import ProductState
from shared.kernel.beginnings import folded, from_each_word
from shared.kernel.errors import Conflict
from shared.kernel.ids import OrderId, PaymentId, ProductId, UserId
from shared.kernel.money import Money

# Unpaid orders hold stock so long.
LIFETIME = timedelta(minutes=15)
# About a payment that was started payments decides. Should it stay silent for so long, the order
# ends all the same: money that lands later goes back.
PATIENCE = timedelta(hours=24)
# Easy to read out over the phone: no 0/O, 1/I/L.
_NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_NUMBER_LENGTH = 6


class Status(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Reason(StrEnum):
    """Why an order was cancelled."""

    OUT_OF_STOCK = "out_of_stock"
    EXPIRED = "expired"
    SHOPPER = "shopper"
    ADMIN = "admin"
    PAYMENT_FAILED = "payment_failed"


# What may follow; everything else is illegal: a no-op when an event asks, 409 when a person does.
NEXT: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.AWAITING_PAYMENT, Status.CANCELLED}),
    Status.AWAITING_PAYMENT: frozenset({Status.PAID, Status.CANCELLED}),
    Status.PAID: frozenset({Status.SHIPPED, Status.CANCELLED, Status.REFUNDED}),
    Status.SHIPPED: frozenset({Status.DELIVERED, Status.REFUNDED}),
    Status.DELIVERED: frozenset({Status.REFUNDED}),
    Status.CANCELLED: frozenset(),
    Status.REFUNDED: frozenset(),
}
UNPAID = frozenset({Status.PENDING, Status.AWAITING_PAYMENT})

_EVENTS: dict[Status, type[OrderState]] = {
    Status.PENDING: OrderCreated,
    Status.AWAITING_PAYMENT: OrderConfirmed,
    Status.PAID: OrderPaid,
    Status.SHIPPED: OrderShipped,
    Status.DELIVERED: OrderDelivered,
    Status.CANCELLED: OrderCancelled,
}


class PriceChanged(Conflict):
    """A price is no longer the one that the shopper saw."""

    code = "price_changed"


class OutOfStock(Conflict):
    """A product is no longer sold."""

    code = "out_of_stock"


class NotPaid(Conflict):
    """There is no invoice before the money arrived."""

    code = "not_paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The orders' copy of a product; a deleted one stays as a tombstone."""

    id: ProductId
    sku: str
    title: str
    price: Money
    deleted: bool = False
    version: int

    @classmethod
    def of(cls, state: ProductState) -> "Product":
        """The copy of what the products told."""
        return cls(
            id=ProductId(state.id),
            sku=state.sku,
            title=state.title,
            price=state.price,
            deleted=state.deleted,
            version=state.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line of the timeline."""

    status: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInfo:
    """The order's payment as it was last heard of; ``version`` is the payment's.

    ``status``, ``reason`` and ``refunded`` as in ``shared.contracts.payments.PaymentState``.
    """

    id: PaymentId
    status: str
    reason: str | None = None
    refunded: Money | None = None
    version: int

    @property
    def has_landed(self) -> bool:
        """Whether the money arrived, whatever went back since."""
        return self.status in {"succeeded", "partially_refunded", "refunded"}

    @property
    def has_expired(self) -> bool:
        """Whether it can no longer be paid."""
        return (self.status, self.reason) == ("failed", "expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order; ``key`` (cart, version, attempt) makes it one, ``version`` counts its changes.

    ``is_forgotten``: the buyer's account is gone, so the address goes as soon as nothing needs it.
    """

    id: OrderId
    key: str
    number: str
    user_id: UserId
    status: Status = Status.PENDING
    status_reason: str | None = None
    lines: list[OrderLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    coupon: str | None = None
    shipping_address: ShippingAddress
    cart_id: str
    cart_version: int
    attempt: int
    payment: PaymentInfo | None = None
    tracking: str | None = None
    timeline: list[Step] = field(default_factory=list)
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    is_forgotten: bool = False
    version: int = 1

    @property
    def is_sold(self) -> bool:
        """Whether it was paid, not cancelled since, and not all of the money went back."""
        is_refunded = self.payment is not None and self.payment.status == "refunded"
        return self.paid_at is not None and self.status != Status.CANCELLED and not is_refunded

    @property
    def revenue(self) -> Money:
        """What the shop keeps of it: its total less what went back, nothing unless it is sold."""
        if not self.is_sold:
            return Money(0, self.total.currency)
        refunded = self.payment.refunded if self.payment else None
        return self.total - refunded if refunded and refunded.amount else self.total

    def event(self) -> OrderState | None:
        """What the others are told of the present state; a refund is told by payments."""
        kind = _EVENTS.get(self.status)
        return kind(**{one.name: getattr(self, one.name) for one in fields(kind)}) if kind else None


def new_number() -> str:
    """An order number for people, such as ``P-7F3K2M``; a clash is found by a unique index."""
    return "P-" + "".join(secrets.choice(_NUMBER_ALPHABET) for _ in range(_NUMBER_LENGTH))


def found_by(order: Order) -> list[str]:
    """What the beginning of a search may be of: the number, and the buyer's name from each word."""
    return [folded(order.number), *from_each_word(order.shipping_address.name)]


def key_of(wanted: PlaceOrder) -> str:
    """One order per state of a cart."""
    return f"{wanted.cart_id}:{wanted.cart_version}:{wanted.attempt}"
