"""Checkouts, counted by day: how many carts became orders, and what was in them."""

from dataclasses import dataclass
from datetime import UTC, date

from shared.contracts.cart import CartCheckout
from shared.kernel.errors import Invalid
from shared.kernel.ids import OrderId
from shared.kernel.money import Money

MAX_DAYS = 366
_USUAL_DAYS = 30


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
            day=event.checked_out_at.astimezone(UTC).date(),
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


def days_between(first: date | None, last: date | None, today: date) -> list[date]:
    """The days of a report, both ends included: by default the last thirty up to today."""
    last = last or today
    end = last.toordinal()
    start = first.toordinal() if first else max(1, end - _USUAL_DAYS + 1)
    if start > end:
        raise Invalid({"from": f"{first} is after {last}, the last day"})
    if end - start >= MAX_DAYS:
        raise Invalid({"from": f"at most {MAX_DAYS} days are told, not {end - start + 1}"})
    return [date.fromordinal(number) for number in range(start, end + 1)]
