"""The sales report (rules): what each day sold, and the sum of many days.

An order counts on the day it was paid (UTC), and stays counted there whatever becomes of it. Its
revenue is what the shop keeps: the total less what was refunded since, nothing once it is cancelled
or fully refunded. So a refund lowers the day of the sale, not the day of the refund. Products count
as far as their orders are still sold, at the prices of their lines, before discounts and partial
refunds. A report is in one currency.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from shared.contracts.orders import OrderLine
from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from shared.orders.chart import Chart, chart_of
from shared.orders.model import Order

# A day keeps its best products only, so that a year of days stays small; few shops sell more.
_KEPT_PRODUCTS = 200
_SHOWN_PRODUCTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSales:
    """What was sold of one product; ``title`` as last seen."""

    product_id: ProductId
    title: str
    quantity: int
    revenue: Money

    def plus(self, other: "ProductSales") -> "ProductSales":
        """Both together."""
        return ProductSales(
            product_id=self.product_id,
            title=other.title,
            quantity=self.quantity + other.quantity,
            revenue=self.revenue + other.revenue,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What was sold in one currency on one day; ``orders`` are those paid on it."""

    orders: int = 0
    revenue: Money
    products: list[ProductSales] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day as it was last counted; ``marks`` says how often something had happened by then.

    ``is_stale``: something happened since, so it is to be counted anew.
    """

    date: date
    marks: int = 0
    is_stale: bool = False
    takings: list[Takings] = field(default_factory=list)

    def in_currency(self, currency: str) -> Takings:
        """What was sold in this currency, perhaps nothing."""
        found = (one for one in self.takings if one.revenue.currency == currency)
        return next(found, Takings(revenue=Money(0, currency)))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySales:
    """A day in the report."""

    date: date
    orders: int
    revenue: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All days together; ``average`` is the revenue per order, rounded to the minor unit."""

    orders: int
    revenue: Money
    average: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesReport:
    """The days in order, without gaps; ``by_status`` counts all present orders."""

    days: list[DaySales]
    top_products: list[ProductSales]
    by_status: dict[str, int]
    totals: Totals

    @property
    def chart(self) -> Chart:
        """The revenue of the days as bars."""
        return chart_of([(day.date, day.revenue.amount) for day in self.days])


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The day's first moment and the next day's."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def count(orders: Iterable[Order]) -> list[Takings]:
    """What the orders paid on one day make, by currency."""
    by_currency: dict[str, list[Order]] = {}
    for order in orders:
        by_currency.setdefault(order.total.currency, []).append(order)
    return [_takings(currency, paid) for currency, paid in sorted(by_currency.items())]


def report(days: Sequence[Day], by_status: dict[str, int], currency: str) -> SalesReport:
    """The report of these days in one currency."""
    takings = [day.in_currency(currency) for day in days]
    orders = sum(one.orders for one in takings)
    revenue = sum((one.revenue for one in takings), Money(0, currency))
    average = (2 * revenue.amount + orders) // (2 * orders) if orders else 0
    return SalesReport(
        days=[
            DaySales(date=day.date, orders=one.orders, revenue=one.revenue)
            for day, one in zip(days, takings, strict=True)
        ],
        top_products=_best((item for one in takings for item in one.products), _SHOWN_PRODUCTS),
        by_status=by_status,
        totals=Totals(orders=orders, revenue=revenue, average=Money(average, currency)),
    )


def _takings(currency: str, orders: list[Order]) -> Takings:
    sold = (_sold(line) for order in orders if order.is_sold for line in order.lines)
    return Takings(
        orders=len(orders),
        revenue=sum((order.revenue for order in orders), Money(0, currency)),
        products=_best(sold, _KEPT_PRODUCTS),
    )


def _sold(line: OrderLine) -> ProductSales:
    return ProductSales(
        product_id=ProductId(line.product_id),
        title=line.title,
        quantity=line.quantity,
        revenue=line.line_total,
    )


def _best(sales: Iterable[ProductSales], limit: int) -> list[ProductSales]:
    """The sales by product, those with the most revenue first."""
    merged: dict[ProductId, ProductSales] = {}
    for one in sales:
        known = merged.get(one.product_id)
        merged[one.product_id] = known.plus(one) if known else one
    ranked = sorted(merged.values(), key=lambda one: (-one.revenue.amount, one.product_id))
    return ranked[:limit]
