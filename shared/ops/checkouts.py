"""Checkouts, counted by day: how many carts became orders, and what was in them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.contracts.cart import CartCheckout
from shared.kernel.errors import Invalid
from shared.kernel.ids import OrderId
from shared.kernel.money import Money

LONGEST_REPORT = timedelta(days=366)
_USUAL_REPORT = timedelta(days=30)


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
    """Days without a checkout are left out; ``to`` is the last day."""

    days: list[DayOfCheckouts]
    totals: CheckoutTotals


def report_of(days: list[DayOfCheckouts], currency: str) -> CheckoutReport:
    """The report over these days."""
    totals = CheckoutTotals(
        checkouts=sum(day.checkouts for day in days),
        items=sum(day.items for day in days),
        value=sum((day.value for day in days), Money(0, currency)),
    )
    return CheckoutReport(days=days, totals=totals)


def span_of(first: date | None, last: date | None, now: datetime) -> tuple[date, date]:
    """The days of a report: by default the thirty up to today; ``Invalid`` if it is too long."""
    end = last or max(now.date(), first or now.date())
    start = first or end - _USUAL_REPORT
    if start > end:
        raise Invalid({"from": "must not be after `to`"})
    if end - start > LONGEST_REPORT:
        raise Invalid({"from": f"at most {LONGEST_REPORT.days} days before `to`"})
    return start, end
