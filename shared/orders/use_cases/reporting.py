"""Keeps the days' sales: events mark a day, whoever needs it first counts it anew.

Marks may come doubled, late or in any order: a day that was marked is counted from its orders,
never by adding up events. An event comes after the order's own write, so a count after it sees
what it tells of.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from shared.kernel.days import day_of
from shared.kernel.errors import NotFound
from shared.kernel.ids import OrderId
from shared.orders.ports import Orders, Sales
from shared.orders.sales import Day, SalesReport, count, report

_SWEEP_LIMIT = 50


def mark_day_of(order_id: OrderId, orders: Orders, sales: Sales) -> None:
    """Marks the day on which an order was paid, if it was."""
    order = orders.get(order_id)
    if order is None:
        raise NotFound("There is no such order.")
    if order.paid_at:
        sales.mark(day_of(order.paid_at))


def report_of(dates: Sequence[date], currency: str, sales: Sales) -> SalesReport:
    """The report of these days, counted anew where something happened."""
    days = [_fresh(day, sales) for day in sales.days(dates)]
    return report(days, sales.by_status(), currency)


def count_stale_days(sales: Sales) -> None:
    """Counts days that nobody asked for since they were marked."""
    for day in sales.stale(_SWEEP_LIMIT):
        _fresh(day, sales)


def _fresh(day: Day, sales: Sales) -> Day:
    if not day.is_stale:
        return day
    counted = replace(day, is_stale=False, takings=count(sales.paid_on(day.date)))
    sales.keep(counted)  # a day marked meanwhile stays stale, and this count is as good as any
    return counted
