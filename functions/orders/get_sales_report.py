"""GET /admin/reports/sales: what was sold, day by day."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.days import day_of, period
from shared.orders.mongo_sales import MongoSales
from shared.orders.ports import Sales
from shared.orders.sales import SalesReport
from shared.orders.use_cases.reporting import report_of
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import ReportQuery


@http("GET", "/admin/reports/sales", access=Access.ADMIN)
def get_sales_report(
    query: ReportQuery,
    sales: Annotated[Sales, MongoSales],
    clock: Annotated[Clock, SystemClock],
) -> SalesReport:
    """Orders, revenue and the best products of at most 366 days, in one currency."""
    days = period(query.first, query.last, day_of(clock.now()))
    return report_of(days, query.currency, sales)
