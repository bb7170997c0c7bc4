"""The sales report through its functions: whatever order events come in, the days converge."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.orders.record_sale import record_sale
from shared.contracts.orders import CheckoutLine, OrderPaid
from shared.kernel.errors import IllegalTransition, Invalid, NotFound
from shared.kernel.ids import OrderId
from shared.kernel.money import Money
from shared.orders.sales import Takings, count
from tests.fakes.orders import a_product, an_order
from tests.functions.orders.world import World, a_payment

TODAY = date(2026, 11, 25)


@pytest.fixture
def world():
    return World()


def takings(world, **query):
    """Of the one day that sold something."""
    [day] = [day for day in world.report(**query).days if day.orders]
    return day.date, day.orders, day.revenue.amount


def test_nothing_sold_is_thirty_days_of_nothing(world):
    told = world.report()
    assert len(told.days) == 30
    assert told.days[-1].date == TODAY
    assert {(day.orders, day.revenue.amount) for day in told.days} == {(0, 0)}
    assert (told.totals.orders, told.totals.average, told.top_products) == (0, Money(0), [])
    assert set(told.by_status.values()) == {0}


def test_a_paid_order_counts_on_its_day(world):
    world.paid()
    world.payable(attempt=2)
    world.record_sales()
    world.clock.time += timedelta(days=2)
    assert takings(world) == (TODAY, 1, 2499)
    told = world.report()
    assert told.by_status["paid"] == told.by_status["awaiting_payment"] == 1
    [lamp] = told.top_products
    assert (lamp.product_id, lamp.title, lamp.quantity, lamp.revenue) == (
        "lamp",
        "Lamp",
        2,
        Money(2000),
    )


def test_a_sale_counts_on_the_day_it_was_paid_in_utc(world):
    world.clock.time = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)
    order_id = world.payable()
    world.clock.time = datetime(2026, 11, 25, 0, 0, 0, tzinfo=UTC)
    world.pay(order_id, "landed")
    world.record_sales()
    assert takings(world) == (TODAY, 1, 2499)


def test_events_told_twice_change_nothing(world):
    world.paid()
    for _ in range(3):
        world.record_sales()
        assert takings(world) == (TODAY, 1, 2499)


def test_a_later_cancellation_is_taken_off_the_day_of_the_sale(world):
    order_id = world.paid()
    world.record_sales()
    assert takings(world) == (TODAY, 1, 2499)
    world.clock.time += timedelta(days=3)
    world.cancel(order_id)
    world.record_sales()
    assert takings(world) == (TODAY, 1, 0)
    assert world.report().top_products == []


def test_refunds_are_taken_off_the_day_of_the_sale(world):
    order_id = world.paid()
    world.record_sales()
    world.clock.time += timedelta(days=3)
    world.pay(order_id, "partly refunded")
    assert takings(world) == (TODAY, 1, 2399)
    assert world.report().totals.average == Money(2399)
    world.pay(order_id, "refunded")
    assert takings(world) == (TODAY, 1, 0)
    assert world.report().by_status["refunded"] == 1


def test_a_refund_on_a_cancelled_unpaid_order_is_nobodys_sale(world):
    order_id = world.payable()
    world.cancel(order_id)
    world.pay(order_id, "landed")
    world.pay(order_id, "refunded")
    world.record_sales()
    assert world.report().totals.orders == 0
    assert world.sales.kept == {}


def test_a_day_is_counted_once_until_something_happens(world, monkeypatch):
    world.paid()
    world.record_sales()
    world.report()
    monkeypatch.setattr(world.sales, "paid_on", lambda day: pytest.fail(f"{day} is fresh"))
    assert takings(world) == (TODAY, 1, 2499)


def test_a_sale_during_a_count_is_counted_by_the_next_reader(world):
    world.paid()
    world.record_sales()

    def sell():
        world.paid(attempt=2)
        world.record_sales()

    world.sales.before_keep = sell
    assert takings(world) == (TODAY, 1, 2499)
    assert takings(world) == (TODAY, 2, 4998)


def test_the_sweep_counts_what_nobody_asked_for(world):
    world.paid()
    world.record_sales()
    assert world.sales.kept[TODAY].is_stale
    world.sweep()
    assert not world.sales.kept[TODAY].is_stale
    assert world.sales.kept[TODAY].takings[0].orders == 1


def test_a_sale_of_an_unknown_order_waits_for_a_person(world):
    event = an_order(paid_at=world.clock.time, status="paid").event()
    assert isinstance(event, OrderPaid)
    with pytest.raises(NotFound):
        record_sale(event, world.orders, world.sales)


def test_a_report_is_in_one_currency(world):
    world.products.keep(a_product("mug", price=Money(500, "EUR")))
    euros = {name: Money(0, "EUR") for name in ("discount", "shipping", "tax")}
    line = CheckoutLine(product_id="mug", quantity=1, unit_price=Money(500, "EUR"))
    sums = {"subtotal": Money(500, "EUR"), "total": Money(500, "EUR")}
    world.paid(lines=[line], **euros, **sums)
    world.paid(attempt=2)
    world.record_sales()
    assert takings(world) == (TODAY, 1, 2499)
    assert takings(world, currency="EUR") == (TODAY, 1, 500)


def test_a_period_the_wrong_way_round_is_refused(world):
    with pytest.raises(Invalid):
        world.report(first=TODAY, last=date(2026, 11, 24))
    with pytest.raises(Invalid):
        world.report(first=date(2025, 11, 24))


HAPPENINGS = ("reserve", "landed", "partly refunded", "refunded", "cancel", "told", "read", "day")


def happen(world, order_id, name):
    match name:
        case "reserve":
            world.reserve(order_id)
        case "cancel":
            with suppress(IllegalTransition):
                world.cancel(order_id)
        case "told":
            world.record_sales()
        case "read":
            world.report()
        case "day":
            world.clock.time += timedelta(days=1)
        case _:
            version = {"landed": 1, "partly refunded": 2, "refunded": 3}[name]
            world.hear(a_payment(name, order_id, version))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 1)), max_size=25))
def test_once_all_is_told_the_report_is_what_the_orders_say(happenings):
    world = World()
    ids, recorded = [world.placed(), world.placed(attempt=2)], 0
    for name, number in happenings:
        happen(world, OrderId(ids[number]), name)
        recorded = len(world.orders.told) if name == "told" else recorded
    world.record_sales(recorded)
    told = world.report()
    paid = [order for order in world.orders.by_id.values() if order.paid_at]
    [expected] = count(paid) or [Takings(revenue=Money(0))]
    assert told.totals.orders == expected.orders == len(paid)
    assert told.totals.revenue == expected.revenue
    assert [one.quantity for one in told.top_products] == [
        one.quantity for one in expected.products
    ]
