"""Coupons in carts: applied by anybody, used once per order, given back when it is cancelled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cart.coupons import CouponInvalid
from shared.cart.model import OutOfStock, PriceChanged
from shared.cart.use_cases.couponing import STALE_AFTER
from shared.contracts.orders import OrderCancelled, OrderPaid
from shared.kernel.errors import Unavailable
from shared.kernel.money import Money
from tests.fakes.cart import NOW, a_product
from tests.functions.cart.world import ADA, ADA_AFTER_LOGIN, BOB, GUEST, LAMP, SOFA, World


@pytest.fixture
def world():
    world = World()
    world.add(ADA, LAMP, 2)
    return world


def discounted(world):
    return [one.discount for one in world.desk.asked]


# ---- in the cart


@pytest.mark.parametrize("caller", [ADA, GUEST])
def test_a_coupon_takes_its_share_off_whoever_applies_it(world, caller):
    world.give_out()
    world.add(GUEST, LAMP, 2)
    before = world.see(caller).version
    cart = world.apply(caller, " ten ")
    assert (cart.coupon.code, cart.coupon.status, cart.coupon.percent_off) == ("TEN", "applied", 10)
    assert (cart.subtotal, cart.discount, cart.total) == (Money(2000), Money(200), Money(2299))
    assert cart.version == before + 1
    assert world.apply(caller) == cart == world.see(caller)


def test_a_removed_coupon_takes_nothing_off_and_leaves_once(world):
    world.give_out()
    world.apply(ADA)
    cart = world.take_out(ADA)
    assert (cart.coupon, cart.discount, cart.total) == (None, Money(0), Money(2499))
    assert world.take_out(ADA).version == cart.version


def test_another_coupon_takes_the_place_of_the_first(world):
    world.give_out()
    world.give_out("FIVE", amount_off=500)
    world.apply(ADA)
    assert world.apply(ADA, "FIVE").discount == Money(500)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"expires_at": NOW}, "expired on 25 Nov 2026"),
        ({"minimum": 2001, "currency": "USD"}, "20.01 USD or more; 0.01 USD are missing"),
        ({"amount_off": 5, "currency": "EUR"}, "for EUR; this cart is in USD"),
        ({"max_uses": 1}, "used up"),
    ],
)
def test_a_coupon_that_does_not_fit_is_refused_with_the_reason(world, terms, reason):
    other = world.give_out("OTHER")
    coupon = world.give_out(**terms)
    world.uses.take(coupon, "somebody", NOW)
    before = world.apply(ADA, other.code)
    with pytest.raises(CouponInvalid, match=reason):
        world.apply(ADA)
    assert world.see(ADA) == before


def test_an_unknown_code_is_refused(world):
    with pytest.raises(CouponInvalid, match="no coupon NOPE"):
        world.apply(ADA, "nope")
    assert world.see(ADA).coupon is None


def test_below_the_minimum_again_the_coupon_stays_and_says_why_it_gives_nothing(world):
    world.give_out(minimum=2000, currency="USD")
    world.apply(ADA)
    cart = world.set(ADA, LAMP, 1)
    assert (cart.coupon.status, cart.discount, cart.total) == ("waiting", Money(0), Money(1499))
    assert "10.00 USD are missing" in cart.coupon.problem
    world.check_out(expected=1499)
    assert (world.desk.asked[-1].discount, world.desk.asked[-1].coupon) == (Money(0), None)
    assert world.used() == 0
    assert world.set(ADA, LAMP, 3).discount == Money(300)


def test_an_amount_takes_no_more_off_than_the_goods_cost_and_shipping_is_paid(world):
    world.give_out(amount_off=1_000_000)
    cart = world.apply(ADA)
    assert (cart.discount, cart.shipping, cart.total) == (Money(2000), Money(499), Money(499))


def test_the_discount_follows_the_prices(world):
    world.give_out()
    world.apply(ADA)
    world.reprice("lamp", 1100)
    assert world.see(ADA).discount == Money(220)
    with pytest.raises(PriceChanged) as refusal:
        world.check_out(expected=2299)
    assert refusal.value.extra["cart"].total == Money(2479)
    assert world.used() == 0
    world.set(ADA, LAMP, 2)
    world.check_out(expected=2479)
    assert discounted(world) == [Money(220)]


def test_an_emptied_cart_keeps_no_coupon(world):
    world.give_out()
    world.apply(ADA)
    assert world.clear(ADA).coupon is None


# ---- the guest logs in


@pytest.mark.parametrize(
    ("mine", "guests", "kept"),
    [("TEN", "FIVE", "TEN"), (None, "FIVE", "FIVE"), ("TEN", None, "TEN"), (None, None, None)],
)
def test_the_users_coupon_wins_over_the_guests(world, mine, guests, kept):
    world.give_out()
    world.give_out("FIVE", amount_off=500)
    world.add(GUEST, SOFA)
    for caller, code in ((ADA, mine), (GUEST, guests)):
        if code:
            world.apply(caller, code)
    for _ in range(2):
        coupon = world.see(ADA_AFTER_LOGIN).coupon
        assert (coupon and coupon.code) == kept
    assert world.see(GUEST).coupon is None


def test_a_coupon_alone_comes_along_too(world):
    world.give_out()
    world.apply(GUEST)
    assert world.see(ADA_AFTER_LOGIN).discount == Money(200)


# ---- the checkout


def test_the_order_is_asked_for_with_the_discount_and_takes_one_use(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    made = world.check_out(expected=2299)
    assert world.check_out(expected=2299) == made
    assert world.check_out(key="k") == made
    [asked] = world.desk.asked
    assert (asked.coupon, asked.discount, asked.total) == ("TEN", Money(200), Money(2299))
    assert (asked.subtotal, asked.shipping) == (Money(2000), Money(499))
    assert world.carts.told[0].total == Money(2299)
    assert world.used() == 1
    assert world.see(ADA).coupon.status == "applied"


def test_the_last_use_is_not_taken_twice(world):
    world.give_out(max_uses=1)
    world.add(BOB, LAMP)
    for caller in (ADA, BOB):
        world.apply(caller)
    world.check_out(ADA)
    with pytest.raises(CouponInvalid, match="used up") as refusal:
        world.check_out(BOB)
    cart = refusal.value.extra["cart"]
    assert (cart.coupon.status, cart.discount) == ("invalid", Money(0))
    assert len(world.desk.asked) == 1
    world.take_out(BOB)
    world.check_out(BOB)
    assert (discounted(world), world.used()) == ([Money(200), Money(0)], 1)


def test_a_use_that_a_rival_takes_in_between_is_refused(world):
    coupon = world.give_out(max_uses=1)
    world.apply(ADA)
    take = world.uses.take

    def lose(*given):
        world.uses.take = take
        assert take(coupon, "rival", NOW)
        return take(*given)

    world.uses.take = lose
    with pytest.raises(CouponInvalid, match="used up") as refusal:
        world.check_out()
    assert refusal.value.extra["cart"].void_coupon
    assert (world.desk.asked, world.used()) == ([], 1)


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_a_coupon_that_ended_is_refused_with_the_fresh_cart(world, end):
    world.give_out(expires_at=NOW + timedelta(minutes=1))
    world.apply(ADA)
    if end == "deleted":
        world.coupons.remove("TEN")
    world.clock.time += timedelta(minutes=1)
    with pytest.raises(CouponInvalid, match="Take it out") as refusal:
        world.check_out(expected=2299)
    cart = refusal.value.extra["cart"]
    assert (cart.coupon.status, cart.total, cart.is_orderable) == ("invalid", Money(2499), False)
    assert world.desk.asked == []
    world.take_out(ADA)
    assert world.check_out(expected=2499).status == "pending"


@pytest.mark.parametrize("kind", [PriceChanged, OutOfStock])
def test_what_orders_refuses_gives_the_use_back(world, kind):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.desk.refusal = kind("no")
    with pytest.raises(kind) as refusal:
        world.check_out()
    assert refusal.value.extra["cart"].discount == Money(200)
    assert world.used() == 0
    world.desk.refusal = None
    world.check_out()
    assert (discounted(world)[-1], world.used()) == (Money(200), 1)


def test_a_refused_call_takes_nothing_from_another_that_places_the_order(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    place = world.desk.place

    def refuse(order):
        raise PriceChanged("no")

    def place_while_another_is_refused(order):
        world.desk.place = refuse
        with pytest.raises(PriceChanged):
            world.check_out()
        assert world.used() == 1
        return place(order)

    world.desk.place = place_while_another_is_refused
    world.check_out()
    assert (len(world.desk.by_key), world.used()) == (1, 1)


def test_a_cart_changed_during_the_checkout_takes_one_use_for_its_new_version(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.carts.before_save = lambda: world.add(ADA, LAMP, 1)
    world.check_out()
    assert (discounted(world), world.used()) == ([Money(300)], 1)


# ---- crashes


def test_a_checkout_that_died_before_the_order_goes_on_with_its_use(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.desk.refusal = Unavailable("cut")
    with pytest.raises(Unavailable):
        world.check_out()
    assert world.used() == 1
    world.coupons.remove("TEN")
    world.desk.refusal = None
    world.check_out(expected=2299)
    assert discounted(world) == [Money(200)] * 2
    assert world.uses.by_key[world.cart(ADA).key].state == "placed"


def test_a_use_that_no_order_came_of_is_swept_and_others_can_have_it(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.desk.refusal = Unavailable("cut")
    with pytest.raises(Unavailable):
        world.check_out()
    world.desk.refusal = None
    world.clock.time += STALE_AFTER
    world.sweep()
    assert world.used() == 1
    world.clock.time += timedelta(seconds=1)
    world.sweep()
    assert world.used() == 0
    world.add(BOB, LAMP)
    world.apply(BOB)
    world.check_out(BOB)
    with pytest.raises(CouponInvalid, match="used up"):
        world.check_out(ADA)
    world.take_out(ADA)
    world.check_out(ADA)
    assert discounted(world)[-2:] == [Money(100), Money(0)]


def test_an_order_whose_answer_was_lost_keeps_its_use_when_it_is_paid(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.desk.lost = Unavailable("cut")
    with pytest.raises(Unavailable):
        world.check_out()
    world.settle(world.order(OrderPaid))
    world.clock.time += 2 * STALE_AFTER
    world.sweep()
    assert world.used() == 1


# ---- the order ends


def test_a_cancelled_order_gives_its_use_back_once(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.check_out()
    cancelled = world.order(OrderCancelled)
    world.reopen(cancelled)
    assert world.used() == 0
    world.check_out()
    for _ in range(2):
        world.reopen(cancelled)
        assert world.used() == 1
    assert world.desk.asked[-1].attempt == 2


def test_an_order_cancelled_before_anything_else_is_known_gives_back_nothing(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.check_out()
    ghost = replace(world.order(OrderCancelled), cart_id="unheard", coupon="TEN")
    world.reopen(ghost)
    assert world.used() == 1


def test_a_cancelled_order_without_a_coupon_leaves_no_mark(world):
    world.check_out()
    world.reopen(world.order(OrderCancelled))
    assert world.uses.by_key == {}


def test_a_late_repetition_of_a_cancelled_checkout_takes_no_use(world):
    """It read the cart before the order was cancelled, and goes on after."""
    world.give_out(max_uses=1)
    world.apply(ADA)
    take = world.uses.take

    def others_are_quicker(*given):
        world.uses.take = take
        world.check_out()
        world.reopen(world.order(OrderCancelled))
        return take(*given)

    world.uses.take = others_are_quicker
    world.check_out()
    assert [one.attempt for one in world.desk.asked] == [1, 2]
    assert world.used() == 1


def test_news_that_come_in_the_wrong_order_leave_a_cancelled_orders_use_returned(world):
    world.give_out(max_uses=1)
    world.apply(ADA)
    world.check_out()
    world.reopen(world.order(OrderCancelled))
    world.settle(world.order(OrderPaid))
    assert world.used() == 0


def test_the_coupon_leaves_the_cart_with_the_last_paid_line(world):
    world.give_out()
    world.apply(ADA)
    world.check_out()
    paid = world.order(OrderPaid)
    world.add(ADA, SOFA)
    world.settle(paid)
    assert world.see(ADA).coupon.code == "TEN"
    world.check_out()
    world.settle(world.order(OrderPaid))
    assert world.see(ADA).coupon is None
    assert world.used() == 2


def test_a_product_that_is_gone_costs_no_use(world):
    world.give_out()
    world.apply(ADA)
    world.products.keep(a_product(available=1, version=2))
    with pytest.raises(OutOfStock):
        world.check_out()
    assert world.used() == 0
