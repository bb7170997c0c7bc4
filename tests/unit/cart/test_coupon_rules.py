from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cart.coupons import Coupon, Terms, code_of
from shared.cart.model import with_coupon
from shared.cart.pricing import price
from shared.cart.views import view_of
from shared.kernel.errors import Invalid
from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from tests.fakes.cart import NOW, a_cart, a_coupon, a_line, a_product

PRODUCTS = {ProductId("lamp"): a_product()}
LATER = NOW + timedelta(minutes=1)
TERMS = Terms(
    code="ten",
    percent_off=10,
    amount_off=None,
    currency=None,
    minimum=None,
    max_uses=None,
    expires_at=None,
    expires_on=None,
)


@pytest.mark.parametrize(
    ("percent", "goods", "off"), [(10, 1005, 101), (10, 1004, 100), (33, 100, 33), (100, 7, 7)]
)
def test_a_percentage_is_rounded_half_up(percent, goods, off):
    assert a_coupon(percent_off=percent).discount_on(Money(goods)) == Money(off)


def test_a_percentage_is_taken_off_any_currency():
    euros = Money(1000, "EUR")
    assert a_coupon().unfit_because(euros) is None
    assert a_coupon().discount_on(euros) == Money(100, "EUR")


COUPONS = st.one_of(
    st.integers(1, 100).map(lambda number: a_coupon(percent_off=number)),
    st.integers(1, 10**8).map(lambda amount: a_coupon(amount_off=amount)),
)


@given(coupon=COUPONS, goods=st.integers(1, 10**8))
def test_a_discount_is_never_more_than_the_goods_and_something_is_left_to_pay(coupon, goods):
    discount = coupon.discount_on(Money(goods))
    assert 0 <= discount.amount <= goods
    assert price([Money(goods)], discount).total.amount >= 499


def test_a_coupon_ends_at_its_moment():
    coupon = a_coupon(expires_at=LATER)
    assert coupon.void_because(NOW) is None
    assert "expired" in (coupon.void_because(LATER) or "")


def test_a_coupon_is_used_up_when_others_have_its_uses():
    coupon = a_coupon(max_uses=2, used=1)
    assert coupon.void_because(NOW) is None
    assert "used up" in (replace(coupon, used=2).void_because(NOW) or "")


def test_the_minimum_is_enough():
    coupon = a_coupon(minimum=1000, currency="USD")
    assert coupon.unfit_because(Money(1000)) is None
    assert "0.01 USD are missing" in (coupon.unfit_because(Money(999)) or "")


def test_an_empty_cart_has_no_currency_to_be_wrong():
    assert a_coupon(amount_off=5, currency="EUR").unfit_because(Money(0)) is None


def test_codes_are_kept_in_upper_case():
    assert code_of(" ten-Off_1 ") == "TEN-OFF_1"
    assert Coupon.of(TERMS, NOW).code == "TEN"


def test_the_end_is_told_in_utc():
    berlin = timezone(timedelta(hours=1))
    at = replace(TERMS, expires_at=datetime(2026, 12, 1, 1, 0, 0, 1999, tzinfo=berlin))
    assert Coupon.of(at, NOW).expires_at == datetime(2026, 12, 1, 0, 0, 0, 1000, tzinfo=UTC)
    on = replace(TERMS, expires_on=date(2026, 12, 24))
    assert Coupon.of(on, NOW).expires_at == datetime(2026, 12, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"percent_off": None},
        {"amount_off": 5},
        {"expires_at": NOW},
        {"expires_on": date(2026, 11, 24)},
        {"expires_at": LATER, "expires_on": date(2026, 12, 24)},
    ],
)
def test_terms_that_contradict_themselves_or_are_over_make_no_coupon(change):
    with pytest.raises(Invalid):
        Coupon.of(replace(TERMS, **change), NOW)


def test_a_coupon_is_a_change_of_the_cart_and_the_same_one_is_none():
    cart = a_cart(a_line())
    changed = with_coupon(cart, "TEN", PRODUCTS, LATER)
    assert (changed.coupon, changed.version, changed.attempt) == ("TEN", cart.version + 1, 1)
    assert with_coupon(changed, "TEN", PRODUCTS, LATER) is changed
    assert with_coupon(cart, None, PRODUCTS, LATER) is cart


def test_a_view_takes_off_only_what_a_coupon_gives_today():
    cart = a_cart(a_line(quantity=2), coupon="TEN")
    seen = {
        name: view_of(cart, PRODUCTS, coupon, NOW)
        for name, coupon in {
            "fits": a_coupon(),
            "too little": a_coupon(minimum=5000, currency="USD"),
            "over": a_coupon(expires_at=NOW),
            "gone": None,
        }.items()
    }
    told = {
        name: (view.coupon and view.coupon.status, view.discount.amount)
        for name, view in seen.items()
    }
    assert told == {
        "fits": ("applied", 200),
        "too little": ("waiting", 0),
        "over": ("invalid", 0),
        "gone": ("invalid", 0),
    }
    orderable = [name for name, view in seen.items() if view.is_orderable]
    assert orderable == ["fits", "too little"]
