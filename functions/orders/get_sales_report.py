"""GET /admin/reports/sales: what was sold, day by day."""

from datetime import date
from typing import Annotated

from msgspec import field

from shared.kernel.clock import Clock, SystemClock
from shared.orders.mongo_sales import MongoSales
from shared.orders.ports import Sales
from shared.orders.sales import SalesReport, day_of, period
from shared.orders.use_cases.reporting import report_of
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Currency, Input


class SalesQuery(Input, frozen=True, kw_only=True):
    """The days (UTC) from ``from`` to ``to``, both included; the last 30 when left out."""

    first: date | None = field(default=None, name="from")
    last: date | None = field(default=None, name="to")
    currency: Currency = "USD"


@http("GET", "/admin/reports/sales", access=Access.ADMIN)
def get_sales_report(
    query: SalesQuery,
    sales: Annotated[Sales, MongoSales],
    clock: Annotated[Clock, SystemClock],
) -> SalesReport:
    """Orders, revenue and the best products of at most 366 days, in one currency."""
    days = period(query.first, query.last, day_of(clock.now()))
    return report_of(days, query.currency, sales)
