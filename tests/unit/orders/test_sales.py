"""The rules of the sales report."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.contracts.orders import OrderLine
from shared.kernel.days import day_of
from shared.kernel.ids import PaymentId, ProductId
from shared.kernel.money import Money
from shared.orders.model import PaymentInfo, Status
from shared.orders.sales import Day, ProductSales, bounds_of, count, report
from tests.fakes.orders import NOW, an_order

TODAY = date(2026, 11, 25)


def a_payment(status, refunded=0, currency="USD"):
    money = Money(refunded, currency)
    return PaymentInfo(id=PaymentId("p"), status=status, refunded=money, version=1)


def a_paid_order(**changes):
    """24.99 with two lamps at 10.00."""
    paid = {"status": Status.PAID, "paid_at": NOW, "payment": a_payment("succeeded")}
    return an_order(**paid | changes)


def a_line(product, quantity, cents, currency="USD"):
    price = Money(cents, currency)
    return OrderLine(
        product_id=product,
        sku=product.upper(),
        title=product.title(),
        unit_price=price,
        quantity=quantity,
        line_total=price.times(quantity),
    )


def test_a_day_is_one_in_utc():
    start, end = bounds_of(TODAY)
    assert (day_of(start), day_of(end - timedelta(milliseconds=1))) == (TODAY, TODAY)
    assert day_of(end) == date(2026, 11, 26)
    assert start == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "revenue", "pieces"),
    [
        ({}, 2499, 2),
        ({"status": Status.SHIPPED}, 2499, 2),
        ({"payment": a_payment("partially_refunded", 100)}, 2399, 2),
        ({"status": Status.CANCELLED}, 0, 0),
        ({"status": Status.CANCELLED, "payment": a_payment("refunded", 2499)}, 0, 0),
        ({"status": Status.REFUNDED, "payment": a_payment("refunded", 2499)}, 0, 0),
        # Told by the payment already, while the order's own last step is still to come.
        ({"payment": a_payment("refunded", 2499)}, 0, 0),
        ({"payment": PaymentInfo(id=PaymentId("p"), status="succeeded", version=1)}, 2499, 2),
    ],
)
def test_an_order_counts_on_its_day_with_what_the_shop_keeps_of_it(changes, revenue, pieces):
    [takings] = count([a_paid_order(**changes)])
    assert (takings.orders, takings.revenue) == (1, Money(revenue))
    assert sum(product.quantity for product in takings.products) == pieces


def test_products_are_summed_over_lines_and_orders_the_best_first():
    first = a_paid_order(lines=[a_line("mug", 1, 500), a_line("lamp", 1, 1000)])
    second = a_paid_order(lines=[a_line("mug", 2, 500), a_line("mug", 1, 500)])
    [takings] = count([first, second])
    assert [(one.product_id, one.quantity, one.revenue) for one in takings.products] == [
        ("mug", 4, Money(2000)),
        ("lamp", 1, Money(1000)),
    ]


def test_a_day_keeps_its_best_products_only():
    lines = [a_line(f"p{number}", 1, number) for number in range(1, 301)]
    [takings] = count([a_paid_order(lines=lines)])
    assert len(takings.products) == 200
    assert takings.products[0].product_id == "p300"


def test_currencies_are_never_mixed():
    euros = {name: Money(700, "EUR") for name in ("subtotal", "total")}
    order = a_paid_order(
        lines=[a_line("mug", 1, 700, "EUR")], payment=a_payment("succeeded", 0, "EUR"), **euros
    )
    day = Day(date=TODAY, takings=count([order, a_paid_order()]))
    for currency, revenue in (("USD", 2499), ("EUR", 700), ("CHF", 0)):
        told = report([day], {}, currency)
        assert told.totals.revenue == Money(revenue, currency)
        assert told.totals.orders == (1 if revenue else 0)


def test_a_report_has_each_day_and_the_sums_of_all():
    days = [
        Day(date=date(2026, 11, 23), takings=count([a_paid_order()])),
        Day(date=date(2026, 11, 24)),
        Day(date=TODAY, takings=count([a_paid_order(), a_paid_order(total=Money(1000))])),
    ]
    told = report(days, {"paid": 3}, "USD")
    assert [(day.orders, day.revenue.amount) for day in told.days] == [(1, 2499), (0, 0), (2, 3499)]
    assert told.totals.orders == 3
    assert told.totals.revenue == Money(5998)
    assert told.totals.average == Money(1999)  # 1999.33
    assert told.top_products == [
        ProductSales(product_id=ProductId("lamp"), title="Lamp", quantity=6, revenue=Money(6000))
    ]
    assert told.by_status == {"paid": 3}


def test_the_average_is_rounded_half_up_and_nothing_without_orders():
    orders = [a_paid_order(total=Money(amount)) for amount in (1, 2)]
    told = report([Day(date=TODAY, takings=count(orders))], {}, "USD")
    assert told.totals.average == Money(2)
    assert report([Day(date=TODAY)], {}, "USD").totals.average == Money(0)


def test_a_products_latest_title_is_shown():
    renamed = replace(a_line("lamp", 1, 1000), title="Light")
    days = [
        Day(date=date(2026, 11, 24), takings=count([a_paid_order()])),
        Day(date=TODAY, takings=count([a_paid_order(lines=[renamed])])),
    ]
    [product] = report(days, {}, "USD").top_products
    assert (product.title, product.quantity) == ("Light", 3)
