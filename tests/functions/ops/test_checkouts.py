"""The checkout report on fakes: what is counted, and of which days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from functions.ops.get_checkout_report import get_checkout_report
from functions.ops.record_checkout import record_checkout
from shared.contracts.cart import CartCheckout
from shared.contracts.orders import CheckoutLine
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Invalid
from shared.kernel.ids import UserId
from shared.kernel.money import Money
from shared.ops.mongo_checkouts import MongoCheckouts
from shared.runtime.identity import Caller
from shared.runtime.schema import ReportQuery
from tests.fakes.auth import FakeClock
from tests.fakes.ops import FakeCheckouts
from tests.functions.web import fill_ports, page

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CHECKOUT = CartCheckout(
    cart_id="c1",
    user_id="ann",
    order_id="o1",
    lines=[
        CheckoutLine(product_id="lamp", quantity=2, unit_price=Money(1000)),
        CheckoutLine(product_id="sofa", quantity=1, unit_price=Money(5000)),
    ],
    total=Money(7700),
    checked_out_at=NOW,
    version=3,
)


@pytest.fixture
def checkouts():
    return FakeCheckouts()


@pytest.fixture
def report(checkouts):
    def _report(**query):
        return get_checkout_report(ReportQuery(**query), checkouts, FakeClock(NOW))

    return _report


def told(report):
    """The days that had checkouts."""
    return [day for day in report.days if day.checkouts]


def test_pieces_and_value_of_a_checkout_are_counted_once(checkouts, report):
    for _ in range(2):
        record_checkout(CHECKOUT, checkouts)
    (day,) = told(report())
    assert (day.date, day.checkouts, day.items, day.value) == (NOW.date(), 1, 3, Money(7700))


def test_nobodys_name_is_kept(checkouts):
    record_checkout(CHECKOUT, checkouts)
    assert "ann" not in repr(checkouts.by_order)


def test_a_day_is_one_in_utc(checkouts, report):
    late = datetime(2026, 11, 25, 1, tzinfo=timezone(timedelta(hours=5)))
    record_checkout(replace(CHECKOUT, checked_out_at=late), checkouts)
    assert [day.date for day in told(report())] == [date(2026, 11, 24)]


def test_totals_are_over_all_days(checkouts, report):
    record_checkout(CHECKOUT, checkouts)
    before = replace(CHECKOUT, order_id="o0", checked_out_at=NOW - timedelta(days=1))
    record_checkout(before, checkouts)
    totals = report().totals
    assert (totals.checkouts, totals.items, totals.value) == (2, 6, Money(15400))


def test_without_days_the_last_thirty_are_shown_without_gaps(report):
    days = [day.date for day in report().days]
    assert days == [date(2026, 10, 27) + timedelta(days=number) for number in range(30)]
    assert report().totals.value == Money(0)


def test_the_days_asked_for_are_shown_to_both_ends(report):
    first, last = date(2026, 9, 30), date(2026, 10, 1)
    assert [day.date for day in report(first=first, last=last).days] == [first, last]
    assert len(report(first=date(2026, 10, 1)).days) == 56
    assert [day.date for day in report(last=date.min).days] == [date.min]
    assert len(report(last=date.max).days) == 30


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 11, 2), date(2026, 11, 1)), (date(2025, 10, 31), date(2026, 11, 1))],
)
def test_days_the_wrong_way_round_and_too_many_are_refused(report, first, last):
    with pytest.raises(Invalid, match="from"):
        report(first=first, last=last)


def test_the_page_shows_the_days(checkouts, monkeypatch):
    record_checkout(CHECKOUT, checkouts)
    fill_ports(monkeypatch, {MongoCheckouts: checkouts, SystemClock: FakeClock(NOW)})
    admin = Caller(user_id=UserId("root"), role="admin")
    path = "/admin/reports/checkouts?from=2026-11-25&to=2026-11-25"
    shown = page(get_checkout_report, path, admin, "admin.localhost")
    for said in ("2026-11-25", "$77.00", 'value="2026-11-25"'):
        assert said in shown
