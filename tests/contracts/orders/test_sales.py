"""One suite for the days' sales, fake and real."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from shared.orders.model import Status
from shared.orders.mongo import MongoOrders
from shared.orders.mongo_sales import MongoSales
from shared.orders.sales import Day, ProductSales, Takings
from shared.orders.use_cases.reporting import report_of
from tests.fakes.orders import FakeOrders, FakeSales, an_order

ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
TODAY = date(2026, 11, 25)
LAMPS = ProductSales(product_id=ProductId("lamp"), title="Lamp", quantity=2, revenue=Money(2000))
TAKINGS = [Takings(orders=1, revenue=Money(2499), products=[LAMPS])]


@pytest.fixture(params=["fake", ENGINES])
def stores(request):
    if request.param == "fake":
        orders = FakeOrders()
        return orders, FakeSales(orders)
    database, sink = map(request.getfixturevalue, ("database", "sink"))
    return MongoOrders(database, sink.settings), MongoSales(database)


@pytest.fixture
def orders(stores):
    return stores[0]


@pytest.fixture
def sales(stores):
    return stores[1]


def counted(day):
    return replace(day, is_stale=False, takings=TAKINGS)


def test_a_day_on_which_nothing_happened_is_empty_and_not_stale(sales):
    assert sales.days([TODAY]) == [Day(date=TODAY)]
    assert sales.stale(10) == []


def test_days_come_in_the_order_asked_for(sales):
    dates = [TODAY, date(2026, 1, 1), date(2024, 2, 29)]
    sales.mark(dates[1])
    assert [day.date for day in sales.days(dates)] == dates
    assert [day.is_stale for day in sales.days(dates)] == [False, True, False]


def test_a_marked_day_is_stale_until_its_count_is_kept(sales):
    sales.mark(TODAY)
    sales.mark(TODAY)
    [day] = sales.stale(10)
    assert (day.date, day.marks, day.is_stale) == (TODAY, 2, True)
    assert sales.keep(counted(day))
    assert sales.stale(10) == []
    assert sales.days([TODAY]) == [Day(date=TODAY, marks=2, takings=TAKINGS)]


def test_a_mark_set_during_a_count_is_not_lost(sales):
    sales.mark(TODAY)
    [day] = sales.stale(10)
    sales.mark(TODAY)
    assert not sales.keep(counted(day))
    [stale] = sales.stale(10)
    assert sales.keep(counted(stale))
    assert sales.stale(10) == []


def test_the_same_count_may_be_kept_twice(sales):
    sales.mark(TODAY)
    [day] = sales.stale(10)
    assert sales.keep(counted(day))
    assert sales.keep(counted(day))


def test_at_most_so_many_stale_days_are_told(sales):
    for number in range(3):
        sales.mark(TODAY + timedelta(days=number))
    assert len(sales.stale(2)) == 2


def test_marks_set_at_once_are_all_counted(sales):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sales.mark, [TODAY] * 20))
    assert sales.days([TODAY])[0].marks == 20


def test_a_days_orders_are_those_paid_from_its_first_moment_to_its_last(orders, sales):
    moments = {
        "before": datetime(2026, 11, 24, 23, 59, 59, 999000, tzinfo=UTC),
        "first": datetime(2026, 11, 25, tzinfo=UTC),
        "last": datetime(2026, 11, 25, 23, 59, 59, 999000, tzinfo=UTC),
        "after": datetime(2026, 11, 26, tzinfo=UTC),
        "never": None,
    }
    added = {key: orders.add(an_order(key=key, paid_at=at)) for key, at in moments.items()}
    found = {order.id for order in sales.paid_on(TODAY)}
    assert found == {added["first"].id, added["last"].id}


def test_orders_are_counted_by_their_present_status(orders, sales):
    for number, status in enumerate([Status.PAID, Status.PAID, Status.CANCELLED]):
        orders.add(an_order(key=str(number), status=status))
    assert sales.by_status() == {
        "pending": 0,
        "awaiting_payment": 0,
        "paid": 2,
        "shipped": 0,
        "delivered": 0,
        "cancelled": 1,
        "refunded": 0,
    }


def test_a_year_is_reported_from_its_days(orders, sales):
    paid_at = datetime(2026, 11, 25, 9, tzinfo=UTC)
    orders.add(an_order(status=Status.PAID, paid_at=paid_at))
    sales.mark(TODAY)
    dates = [TODAY - timedelta(days=number) for number in reversed(range(366))]
    for _ in range(2):
        told = report_of(dates, "USD", sales)
        assert len(told.days) == 366
        assert (told.days[-1].orders, told.days[-1].revenue) == (1, Money(2499))
        assert told.top_products == [LAMPS]
    assert sales.stale(10) == []
