"""What the API and the pages show of an order."""

from dataclasses import dataclass, fields
from datetime import datetime

from shared.contracts.orders import OrderLine, ShippingAddress
from shared.kernel.ids import OrderId, PaymentId
from shared.kernel.money import Money
from shared.kernel.paging import Page
from shared.orders.model import LIFETIME, NEXT, Order, Status, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """The payment in the API."""

    id: PaymentId
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """What the API shows of an order."""

    id: OrderId
    number: str
    status: str
    status_reason: str | None
    lines: list[OrderLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    coupon: str | None
    shipping_address: ShippingAddress
    timeline: list[Step]
    tracking: str | None
    payment: PaymentView | None
    created_at: datetime
    paid_at: datetime | None
    version: int

    @property
    def is_payable(self) -> bool:
        """Whether the page offers to pay."""
        return self.status == Status.AWAITING_PAYMENT

    @property
    def payable_until(self) -> datetime:
        """When an unpaid order ends by itself."""
        return self.created_at + LIFETIME

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself: an open page need not ask again."""
        if self.status == Status.CANCELLED:
            is_owed = self.payment and self.payment.status in {"succeeded", "partially_refunded"}
            return not is_owed
        return self.status in {Status.DELIVERED, Status.REFUNDED}

    @property
    def is_invoiced(self) -> bool:
        """Whether there is an invoice."""
        return self.paid_at is not None

    @property
    def is_cancellable(self) -> bool:
        """Whether the page offers to cancel."""
        return Status.CANCELLED in NEXT[Status(self.status)]

    @property
    def next_steps(self) -> list[str]:
        """What an admin may do next."""
        offered = (Status.SHIPPED, Status.DELIVERED, Status.CANCELLED)
        return [step.value for step in offered if step in NEXT[Status(self.status)]]


def view_of(order: Order) -> OrderView:
    """The public side of an order."""
    shown = {one.name: getattr(order, one.name) for one in fields(OrderView)}
    payment = order.payment
    shown["payment"] = payment and PaymentView(id=payment.id, status=payment.status)
    return OrderView(**shown)


def page_of(orders: Page[Order]) -> Page[OrderView]:
    """The public side of a page of orders."""
    items = [view_of(order) for order in orders.items]
    return Page(items=items, page=orders.page, page_size=orders.page_size, total=orders.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersExport:
    """All that is kept of somebody's orders, newest first."""

    orders: list[OrderView]
