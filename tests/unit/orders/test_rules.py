import re
from dataclasses import fields, replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from shared.contracts.orders import OrderCancelled, OrderCreated, OrderPaid
from shared.kernel.errors import IllegalTransition
from shared.kernel.ids import PaymentId
from shared.orders.changes import (
    advanced,
    advancing,
    confirmed,
    expired,
    rejected,
    settled,
    with_payment,
)
from shared.orders.model import LIFETIME, PATIENCE, PaymentInfo, Reason, Status, key_of, new_number
from shared.orders.views import OrderView, view_of
from tests.fakes.orders import NOW, a_request, an_order

LEGAL = {
    ("pending", "awaiting_payment"),
    ("pending", "cancelled"),
    ("awaiting_payment", "paid"),
    ("awaiting_payment", "cancelled"),
    ("paid", "shipped"),
    ("paid", "cancelled"),
    ("paid", "refunded"),
    ("shipped", "delivered"),
    ("shipped", "refunded"),
    ("delivered", "refunded"),
}
LATER = NOW + timedelta(minutes=1)


def a_payment(status, reason=None, version=1):
    return PaymentInfo(id=PaymentId("p"), status=status, reason=reason, version=version)


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_only_the_steps_of_the_table_are_taken(before, after):
    order = an_order(status=before)
    if (before.value, after.value) in LEGAL:
        moved = advanced(order, after, LATER)
        assert (moved.status, moved.version) == (after, order.version + 1)
        assert (moved.timeline[-1].status, moved.timeline[-1].at) == (after.value, LATER)
    else:
        with pytest.raises(IllegalTransition, match=before.value):
            advanced(order, after, LATER)


def test_an_order_without_stock_says_so():
    assert rejected(an_order(), NOW).status_reason == "out_of_stock"


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.PENDING])
def test_only_a_pending_order_can_lack_stock(status):
    with pytest.raises(IllegalTransition):
        rejected(an_order(status=status), NOW)


@pytest.mark.parametrize("status", [Status.PENDING, Status.AWAITING_PAYMENT])
def test_an_unpaid_order_expires_at_its_time_and_not_before(status):
    order = an_order(status=status)
    assert expired(order, NOW + LIFETIME - timedelta(seconds=1)) is order
    ended = expired(order, NOW + LIFETIME)
    assert (ended.status, ended.status_reason) == (Status.CANCELLED, Reason.EXPIRED)


def test_an_order_whose_payment_was_started_is_not_ended_by_time():
    order = with_payment(an_order(), a_payment("requires_payment_method"), NOW)
    assert expired(order, NOW + timedelta(hours=24)) is order


def test_an_order_whose_payment_stays_silent_for_a_day_ends_all_the_same():
    order = with_payment(an_order(), a_payment("processing"), NOW)
    assert expired(order, NOW + LIFETIME + PATIENCE).status is Status.CANCELLED


@pytest.mark.parametrize("status", ["paid", "shipped", "delivered", "cancelled", "refunded"])
def test_what_is_not_unpaid_does_not_expire(status):
    order = an_order(status=Status(status))
    assert expired(order, NOW + timedelta(days=1)) is order


def test_the_newest_news_of_a_payment_is_kept():
    order = with_payment(an_order(), a_payment("succeeded", version=3), NOW)
    assert with_payment(order, a_payment("processing", version=2), NOW) is order
    assert with_payment(order, a_payment("succeeded", version=3), NOW) is order
    newest = a_payment("refunded", version=4)
    assert with_payment(order, newest, NOW).payment == newest


def test_money_that_came_before_the_stock_pays_the_order_once_it_is_confirmed():
    early = with_payment(an_order(), a_payment("succeeded"), NOW)
    assert settled(early, NOW) is early
    assert settled(confirmed(early, NOW), NOW).status is Status.PAID


def test_a_payment_that_expired_ends_the_order_even_before_its_stock_is_known():
    order = with_payment(an_order(), a_payment("failed", "expired"), NOW)
    assert settled(order, NOW).status_reason == "expired"


def test_a_refund_heard_of_before_the_payment_takes_both_steps():
    order = with_payment(confirmed(an_order(), NOW), a_payment("refunded"), NOW)
    paid = settled(order, NOW)
    refunded = settled(paid, NOW)
    assert (paid.status, refunded.status) == (Status.PAID, Status.REFUNDED)
    assert settled(refunded, NOW) is refunded


@pytest.mark.parametrize("status", ["requires_action", "processing", "canceled"])
def test_a_payment_that_is_under_way_asks_for_nothing(status):
    order = with_payment(confirmed(an_order(), NOW), a_payment(status), NOW)
    assert settled(order, NOW) is order


def test_a_parcels_number_is_kept_until_another_is_given():
    paid = an_order(status=Status.PAID)
    shipped = advancing(Status.SHIPPED, "T-1")(paid, NOW)
    assert advancing(Status.DELIVERED, None)(shipped, NOW).tracking == "T-1"
    assert advancing(Status.DELIVERED, "T-2")(shipped, NOW).tracking == "T-2"


def test_each_state_is_told_by_its_event_and_a_refund_by_payments():
    order = an_order()
    created = order.event()
    assert isinstance(created, OrderCreated)
    assert created.expires_at == NOW + LIFETIME
    assert isinstance(replace(order, status=Status.PAID).event(), OrderPaid)
    cancelled = advanced(order, Status.CANCELLED, NOW, Reason.SHOPPER).event()
    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.status, cancelled.status_reason, cancelled.version) == (
        "cancelled",
        "shopper",
        2,
    )
    assert replace(order, status=Status.REFUNDED).event() is None


def test_a_number_can_be_read_out():
    numbers = {new_number() for _ in range(200)}
    assert len(numbers) > 190
    assert all(re.fullmatch(r"P-[2-9A-HJKMNP-Z]{6}", number) for number in numbers)


def test_each_state_of_a_cart_has_a_key():
    changes: list[dict[str, Any]] = [{}, {"cart_id": "x"}, {"cart_version": 9}, {"attempt": 9}]
    assert len({key_of(a_request(**change)) for change in changes}) == 4


def test_the_view_hides_what_is_the_shops_own():
    shown = {one.name for one in fields(OrderView)}
    assert shown.isdisjoint({"user_id", "key", "cart_id", "cart_version", "attempt"})
    assert view_of(an_order()).payment is None
    assert view_of(an_order()).payable_until == NOW + LIFETIME


@pytest.mark.parametrize(
    ("status", "payment", "is_final"),
    [
        ("pending", None, False),
        ("awaiting_payment", None, False),
        ("paid", "succeeded", False),
        ("delivered", "succeeded", True),
        ("refunded", "refunded", True),
        ("cancelled", None, True),
        ("cancelled", "failed", True),
        ("cancelled", "succeeded", False),
        ("cancelled", "refunded", True),
    ],
)
def test_an_order_is_final_when_nothing_more_happens_by_itself(status, payment, is_final):
    known = a_payment(payment) if payment else None
    assert view_of(an_order(status=Status(status), payment=known)).is_final is is_final
