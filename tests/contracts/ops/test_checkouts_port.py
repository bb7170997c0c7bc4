"""One suite for the checkouts' port, fake and real."""

from datetime import date

import pytest

from shared.kernel.ids import OrderId
from shared.kernel.money import Money
from shared.ops.checkouts import Checkout, DayOfCheckouts
from shared.ops.mongo_checkouts import INDEXES, MongoCheckouts
from tests.fakes.ops import FakeCheckouts

FRIDAY, SATURDAY, SUNDAY = (date(2026, 11, day) for day in (27, 28, 29))


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
def checkouts(request):
    if request.param == "fake":
        return FakeCheckouts()
    mongo = request.getfixturevalue("mongo")
    for index in INDEXES:
        index.create(mongo)
    return MongoCheckouts(mongo)


def a_checkout(name, day=FRIDAY, items=2, amount=1000, currency="USD"):
    value = Money(amount, currency)
    return Checkout(order_id=OrderId(name), day=day, items=items, value=value)


def test_a_days_checkouts_are_summed(checkouts):
    checkouts.record(a_checkout("a"))
    checkouts.record(a_checkout("b", items=3, amount=500))
    assert checkouts.by_day("USD", FRIDAY, FRIDAY) == [
        DayOfCheckouts(date=FRIDAY, checkouts=2, items=5, value=Money(1500))
    ]


def test_a_checkout_told_twice_counts_once(checkouts):
    checkouts.record(a_checkout("a"))
    checkouts.record(a_checkout("a"))
    (day,) = checkouts.by_day("USD", FRIDAY, SUNDAY)
    assert (day.checkouts, day.items, day.value) == (1, 2, Money(1000))


def test_the_days_come_in_order_and_without_those_outside(checkouts):
    for name, day in (("c", SUNDAY), ("a", FRIDAY), ("b", SATURDAY)):
        checkouts.record(a_checkout(name, day))
    assert [day.date for day in checkouts.by_day("USD", FRIDAY, SATURDAY)] == [FRIDAY, SATURDAY]
    assert [day.date for day in checkouts.by_day("USD", SUNDAY, SUNDAY)] == [SUNDAY]


def test_currencies_are_not_mixed(checkouts):
    checkouts.record(a_checkout("a"))
    checkouts.record(a_checkout("b", amount=700, currency="EUR"))
    (day,) = checkouts.by_day("EUR", FRIDAY, FRIDAY)
    assert (day.checkouts, day.value) == (1, Money(700, "EUR"))
