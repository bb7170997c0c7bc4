"""GET /admin/reports/checkouts: checkouts by day."""

from datetime import date
from typing import Annotated

from msgspec import field

from shared.kernel.clock import Clock, SystemClock
from shared.ops.checkouts import CheckoutReport, days_between, report_of
from shared.ops.mongo_checkouts import MongoCheckouts
from shared.ops.ports import Checkouts
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Currency, Input


class CheckoutsQuery(Input, frozen=True, kw_only=True):
    """``from`` and ``to`` are days (UTC), both included; without them the last thirty days."""

    first: date | None = field(name="from", default=None)
    last: date | None = field(name="to", default=None)
    currency: Currency = "USD"


@http("GET", "/admin/reports/checkouts", access=Access.ADMIN)
def get_checkout_report(
    query: CheckoutsQuery,
    checkouts: Annotated[Checkouts, MongoCheckouts],
    clock: Annotated[Clock, SystemClock],
) -> CheckoutReport:
    """Checkouts by day: how many, with how many pieces, worth how much."""
    days = days_between(query.first, query.last, clock.now().date())
    counted = checkouts.by_day(query.currency, days[0], days[-1])
    return report_of(days, counted, query.currency)
