"""Checkouts, counted by day: how many carts became orders, and what was in them."""

from dataclasses import dataclass
from datetime import date

from shared.contracts.cart import CartCheckout
from shared.kernel.days import day_of
from shared.kernel.ids import OrderId
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One checkout, known by the order it made; nobody's name is in it. ``day`` is in UTC."""

    order_id: OrderId
    day: date
    items: int
    value: Money

    @classmethod
    def of(cls, event: CartCheckout) -> "Checkout":
        """What is kept of the event."""
        return cls(
            order_id=OrderId(event.order_id),
            day=day_of(event.checked_out_at),
            items=sum(line.quantity for line in event.lines),
            value=event.total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfCheckouts:
    """A day's checkouts, the pieces in their carts and the carts' totals."""

    date: date
    checkouts: int
    items: int
    value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutTotals:
    """The sums over all days of a report."""

    checkouts: int
    items: int
    value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutReport:
    """The days in order, without gaps, and all of them together."""

    days: list[DayOfCheckouts]
    totals: CheckoutTotals


def report_of(days: list[date], counted: list[DayOfCheckouts], currency: str) -> CheckoutReport:
    """The report over these days; one that was not counted had no checkouts."""
    known = {day.date: day for day in counted}
    nothing = Money(0, currency)
    return CheckoutReport(
        days=[
            known.get(day) or DayOfCheckouts(date=day, checkouts=0, items=0, value=nothing)
            for day in days
        ],
        totals=CheckoutTotals(
            checkouts=sum(day.checkouts for day in counted),
            items=sum(day.items for day in counted),
            value=sum((day.value for day in counted), nothing),
        ),
    )
