from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cart.changes import begun_anew, emptied_by_merge, frozen_for, reopened, settled, taking
from shared.cart.model import (
    MAX_LINES,
    Checkout,
    Owner,
    with_quantity,
)
from shared.cart.pricing import price, shipping_of
from shared.cart.views import view_of
from shared.contracts.orders import OrderLine
from shared.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from shared.kernel.ids import CartId, GuestId, OrderId, ProductId, UserId
from shared.kernel.money import Money
from tests.fakes.cart import NOW, a_cart, a_line, a_product

LAMP, SOFA = ProductId("lamp"), ProductId("sofa")
PRODUCTS = {LAMP: a_product(), SOFA: a_product("sofa", price=Money(4000))}
LATER = NOW + timedelta(minutes=1)


def bought(name, quantity):
    free = Money(0)
    return OrderLine(
        product_id=name, sku=name, title=name, unit_price=free, quantity=quantity, line_total=free
    )


def pieces(cart):
    return {line.product_id: line.quantity for line in cart.lines}


@pytest.mark.parametrize(("goods", "shipping"), [(1, 499), (4999, 499), (5000, 0), (9000, 0)])
def test_shipping_is_flat_and_free_from_fifty(goods, shipping):
    assert shipping_of(Money(goods)) == Money(shipping)
    sums = price([Money(goods)])
    assert (sums.subtotal, sums.total) == (Money(goods), Money(goods + shipping))
    assert (sums.discount, sums.tax) == (Money(0), Money(0))


def test_an_empty_cart_costs_nothing():
    assert price([]).total == Money(0)


def test_sums_are_in_the_currency_of_the_goods():
    assert price([Money(100, "EUR"), Money(200, "EUR")]).total == Money(799, "EUR")


@pytest.mark.parametrize(
    ("goods", "off", "shipping", "total"),
    [(6000, 1000, 0, 5000), (6000, 1001, 499, 5498), (6000, 6000, 499, 499), (100, 0, 499, 599)],
)
def test_shipping_goes_by_what_the_goods_cost_after_the_discount(goods, off, shipping, total):
    sums = price([Money(goods)], Money(off))
    assert (sums.discount, sums.shipping, sums.total) == (Money(off), Money(shipping), Money(total))


def test_an_owner_has_one_place_and_nobody_has_none():
    assert Owner(UserId("ada"), GuestId("g")).key == "user:ada"
    assert Owner(None, GuestId("g")).key == "guest:g"
    with pytest.raises(NotFound):
        _ = Owner(None, None).key


def test_a_line_is_added_changed_in_its_place_and_removed():
    cart = with_quantity(a_cart(a_line("sofa", 1, 4000)), LAMP, 2, PRODUCTS, LATER)
    assert (pieces(cart), cart.version, cart.updated_at) == ({SOFA: 1, LAMP: 2}, 2, LATER)
    cart = with_quantity(cart, SOFA, 5, PRODUCTS, LATER)
    assert list(pieces(cart).items()) == [(SOFA, 5), (LAMP, 2)]
    assert pieces(with_quantity(cart, SOFA, 0, PRODUCTS, LATER)) == {LAMP: 2}


def test_what_changes_nothing_is_the_same_cart():
    cart = a_cart(a_line())
    assert with_quantity(cart, LAMP, 1, PRODUCTS, LATER) is cart
    assert with_quantity(cart, SOFA, 0, PRODUCTS, LATER) is cart


def test_a_changed_price_shows_until_the_next_change_of_the_cart():
    cart = a_cart(a_line(amount=900), a_line("sofa", 1, 4000))
    lamp, sofa = view_of(cart, PRODUCTS, None, NOW).lines
    assert (lamp.price_changed, lamp.unit_price, sofa.price_changed) == (True, Money(1000), False)
    assert not view_of(cart, PRODUCTS, None, NOW).is_orderable
    changed = with_quantity(cart, SOFA, 2, PRODUCTS, LATER)
    assert not view_of(changed, PRODUCTS, None, NOW).has_changed_prices
    assert view_of(changed, PRODUCTS, None, NOW).is_orderable


def test_the_same_quantity_again_accepts_the_new_price():
    cart = a_cart(a_line(amount=900))
    accepted = with_quantity(cart, LAMP, 1, PRODUCTS, LATER)
    assert accepted.version == 2
    assert accepted.lines[0].seen_price == Money(1000)


def test_a_view_has_the_sums_at_todays_prices():
    view = view_of(a_cart(a_line(quantity=2, amount=900)), PRODUCTS, None, NOW)
    assert (view.subtotal, view.shipping, view.total) == (Money(2000), Money(499), Money(2499))
    assert (view.pieces, view.coupon, view.discount) == (2, None, Money(0))


def test_what_is_gone_keeps_its_price_and_is_not_available():
    products = {LAMP: a_product(deleted=True), SOFA: a_product("sofa", price=Money(4000, "EUR"))}
    cart = a_cart(a_line(), a_line("sofa", 1, 4000), a_line("ghost"))
    view = view_of(cart, products, None, NOW)
    assert [line.available for line in view.lines] == [0, 0, 0]
    assert not view.has_changed_prices
    assert len(view.short_lines) == 3
    assert view.subtotal == Money(6000)


def test_a_product_that_changed_its_currency_can_only_be_removed():
    products = PRODUCTS | {LAMP: a_product(price=Money(900, "EUR"))}
    cart = a_cart(a_line(), a_line("sofa", 1, 4000))
    changed = with_quantity(cart, SOFA, 2, products, LATER)
    assert {line.seen_price.currency for line in changed.lines} == {"USD"}
    with pytest.raises(Invalid, match="EUR"):
        with_quantity(cart, LAMP, 2, products, LATER)
    assert pieces(with_quantity(cart, LAMP, 0, products, LATER)) == {SOFA: 1}


def test_more_than_99_is_refused():
    with pytest.raises(Invalid, match="99"):
        with_quantity(a_cart(), LAMP, 100, PRODUCTS, LATER)


def test_what_is_not_sold_is_not_found():
    gone = {LAMP: a_product(deleted=True)}
    for product_id, products in ((ProductId("x"), PRODUCTS), (LAMP, gone)):
        with pytest.raises(NotFound):
            with_quantity(a_cart(), product_id, 1, products, LATER)


def test_a_cart_has_one_currency():
    products = PRODUCTS | {ProductId("tea"): a_product("tea", price=Money(5, "EUR"))}
    with pytest.raises(Invalid, match="EUR"):
        with_quantity(a_cart(a_line()), ProductId("tea"), 1, products, LATER)


def test_a_full_cart_takes_no_other_product_but_more_of_its_own():
    cart = a_cart(*[a_line(f"p{number}") for number in range(MAX_LINES - 1)], a_line())
    with pytest.raises(Invalid, match="100"):
        with_quantity(cart, SOFA, 1, PRODUCTS, LATER)
    assert with_quantity(cart, LAMP, 9, PRODUCTS, LATER).quantity_of(LAMP) == 9


# ---- merging


def test_a_guests_lines_are_added_up_to_99_at_todays_prices_and_once():
    cart = a_cart(a_line(quantity=60, amount=1))
    guest = a_cart(a_line(quantity=60), a_line("sofa", 2, 4000), owner="guest:g")
    taken = taking(cart, guest, PRODUCTS, LATER)
    assert taken is not None
    assert pieces(taken) == {LAMP: 99, SOFA: 2}
    assert taken.version == cart.version + 1
    assert taken.lines[0].seen_price == Money(1000)
    assert taking(taken, guest, PRODUCTS, LATER) is None


def test_a_guests_lines_in_another_currency_stay_behind():
    guest = a_cart(a_line("tea", 1, 5, "EUR"), owner="guest:g")
    taken = taking(a_cart(a_line()), guest, PRODUCTS, LATER)
    assert taken is not None
    assert pieces(taken) == {LAMP: 1}
    taken = taking(a_cart(), guest, PRODUCTS, LATER)
    assert taken is not None
    assert pieces(taken) == {ProductId("tea"): 1}


def test_a_guests_cart_is_frozen_emptied_and_begun_anew_under_another_id():
    guest = a_cart(a_line(), owner="guest:g")
    frozen = frozen_for(guest, UserId("ada"), LATER)
    assert (frozen.state, frozen.merging_into, frozen.lines) == ("merging", "ada", guest.lines)
    merged = emptied_by_merge(frozen, LATER)
    assert (merged.state, merged.lines) == ("merged", [])
    fresh = begun_anew(merged, CartId("new"), LATER)
    assert (fresh.id, fresh.state, fresh.merging_into) == ("new", "open", None)
    assert fresh.version > merged.version


def test_a_guests_coupon_is_taken_where_there_is_none():
    guest = a_cart(a_line(), owner="guest:g", coupon="GUESTS")
    for mine, kept in ((None, "GUESTS"), ("MINE", "MINE")):
        taken = taking(a_cart(coupon=mine), guest, PRODUCTS, LATER)
        assert taken is not None
        assert taken.coupon == kept
    assert emptied_by_merge(guest, LATER).coupon is None


# ---- settling and reopening


def test_paid_pieces_leave_and_what_was_added_since_stays():
    cart = a_cart(a_line(quantity=3), a_line("sofa", 1, 4000))
    left = settled(cart, OrderId("o"), [bought("lamp", 1), bought("lamp", 1)], PRODUCTS, LATER)
    assert left is not None
    assert pieces(left) == {LAMP: 1, SOFA: 1}
    assert settled(left, OrderId("o"), [bought("lamp", 1)], PRODUCTS, LATER) is None


def test_more_paid_than_is_left_takes_what_is_there():
    left = settled(a_cart(a_line()), OrderId("o"), [bought("lamp", 5)], PRODUCTS, LATER)
    assert left is not None
    assert left.lines == []


def test_a_cart_reopens_once_and_only_in_the_state_that_was_checked_out():
    cart = a_cart(a_line(), version=4)
    again = reopened(cart, 4, 1, LATER)
    assert again is not None
    assert (again.version, again.attempt) == (4, 2)
    assert reopened(again, 4, 1, LATER) is None
    assert reopened(replace(cart, version=5), 4, 1, LATER) is None


def test_a_changed_cart_begins_with_its_first_attempt():
    cart = a_cart(a_line(), attempt=3)
    assert with_quantity(cart, LAMP, 2, PRODUCTS, LATER).attempt == 1


# ---- checkouts


def test_a_checkout_is_found_by_its_state_and_by_its_key():
    made = Checkout(
        order_id=OrderId("o"), status="pending", version=1, attempt=1, key="k", fingerprint="f"
    )
    cart = a_cart(a_line(), checkouts=[made])
    assert cart.checkout_of_this_state() == made
    assert replace(cart, attempt=2).checkout_of_this_state() is None
    assert cart.checkout_with_key("k", "f") == made
    assert cart.checkout_with_key("other", "f") is None
    with pytest.raises(IdempotencyMismatch):
        cart.checkout_with_key("k", "other")
