"""GET /admin/reports/checkouts: checkouts by day."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.days import day_of, period
from shared.ops.checkouts import CheckoutReport, report_of
from shared.ops.mongo_checkouts import MongoCheckouts
from shared.ops.ports import Checkouts
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import ReportQuery


@http("GET", "/admin/reports/checkouts", access=Access.ADMIN)
def get_checkout_report(
    query: ReportQuery,
    checkouts: Annotated[Checkouts, MongoCheckouts],
    clock: Annotated[Clock, SystemClock],
) -> CheckoutReport:
    """Checkouts by day: how many, with how many pieces, worth how much."""
    days = period(query.first, query.last, day_of(clock.now()))
    counted = checkouts.by_day(query.currency, days[0], days[-1])
    return report_of(days, counted, query.currency)
