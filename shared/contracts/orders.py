"""What the orders context publishes, and the one request it takes from the cart."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.event import event_type
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line of an order at the price it was sold for."""

    product_id: str
    sku: str
    title: str
    unit_price: Money
    quantity: int
    line_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order without personal data.

    ``status``: pending, awaiting_payment, paid, shipped, delivered, cancelled, refunded.
    ``status_reason`` of a cancelled one: out_of_stock, expired, shopper, admin, payment_failed.
    ``cart_id``, ``cart_version`` and ``attempt`` are the key of the checkout that made it.
    ``expires_at``: without a started payment it is cancelled then.
    """

    id: str
    number: str
    user_id: str
    status: str
    status_reason: str | None = None
    lines: list[OrderLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    coupon: str | None = None
    cart_id: str
    cart_version: int
    attempt: int
    tracking: str | None = None
    created_at: datetime
    expires_at: datetime
    version: int


@event_type("order.created", context="orders")
class OrderCreated(OrderState):
    """A checkout made an order; stock is asked for."""


@event_type("order.confirmed", context="orders")
class OrderConfirmed(OrderState):
    """Stock is held; the order awaits payment."""


@event_type("order.cancelled", context="orders")
class OrderCancelled(OrderState):
    """The order ended unpaid, or was cancelled; stock, cart and coupon go back."""


@event_type("order.paid", context="orders")
class OrderPaid(OrderState):
    """The money arrived."""


@event_type("order.shipped", context="orders")
class OrderShipped(OrderState):
    """The parcel left; ``tracking`` says where it is."""


@event_type("order.delivered", context="orders")
class OrderDelivered(OrderState):
    """The parcel arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingAddress:
    """Where the parcel goes; ``country`` is ISO 3166-1 alpha-2."""

    name: str
    line1: str
    line2: str = ""
    city: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutLine:
    """A line as the shopper saw it."""

    product_id: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """What the cart asks of orders; the key (cart_id, cart_version, attempt) makes one order."""

    cart_id: str
    cart_version: int
    attempt: int
    user_id: str
    lines: list[CheckoutLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    coupon: str | None = None
    shipping_address: ShippingAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """The order that a checkout made, or had made already."""

    order_id: str
    number: str
    status: str
