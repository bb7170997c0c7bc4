from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest

from shared.cart.model import EmptyCart, OutOfStock, PriceChanged
from shared.contracts.orders import OrderCancelled, ShippingAddress
from shared.kernel.errors import IdempotencyMismatch, Invalid, Unavailable
from shared.kernel.money import Money
from tests.fakes.cart import a_product
from tests.functions.cart.world import ADA, ADA_AFTER_LOGIN, ADDRESS, BOB, GUEST, LAMP, SOFA, World

OTHER_ADDRESS = msgspec.structs.replace(ADDRESS, city="Bonn")


@pytest.fixture
def world():
    world = World()
    world.add(ADA, LAMP, 2)
    return world


def test_the_order_is_asked_for_as_the_shopper_saw_the_cart(world):
    made = world.check_out(expected=2499)
    [asked] = world.desk.asked
    assert made.status == "pending"
    assert (asked.user_id, asked.cart_id) == ("ada", world.see(ADA).id)
    assert (asked.cart_version, asked.attempt) == (world.see(ADA).version, 1)
    assert [(line.product_id, line.quantity, line.unit_price) for line in asked.lines] == [
        ("lamp", 2, Money(1000))
    ]
    assert (asked.subtotal, asked.shipping, asked.total) == (Money(2000), Money(499), Money(2499))
    assert (asked.discount, asked.tax, asked.coupon) == (Money(0), Money(0), None)
    assert asked.shipping_address == ShippingAddress(
        name="Ada L.", line1="Main 1", city="Ulm", postal_code="89073", country="DE"
    )


def test_the_checkout_is_told_once(world):
    made = world.check_out()
    world.check_out()
    [event] = world.carts.told
    assert (event.order_id, event.user_id, event.total) == (made.order_id, "ada", Money(2499))


def test_a_repeated_checkout_is_the_same_order_whatever_changed_since(world):
    made = world.check_out()
    world.reprice("lamp", 1)
    assert world.check_out() == made
    assert len(world.desk.asked) == 1


def test_parallel_checkouts_of_one_state_are_one_order(world):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: world.check_out(), range(20)))
    assert len({one.order_id for one in made}) == 1
    assert len(world.carts.told) == 1


def test_a_changed_cart_is_another_order(world):
    made = world.check_out()
    world.add(ADA, SOFA)
    assert world.check_out().order_id != made.order_id


def test_an_empty_cart_is_refused_with_the_cart(world):
    with pytest.raises(EmptyCart) as refusal:
        world.check_out(BOB)
    assert refusal.value.extra["cart"].lines == []


def test_a_changed_price_is_refused_until_the_cart_is_changed(world):
    world.reprice("lamp", 1100)
    with pytest.raises(PriceChanged) as refusal:
        world.check_out()
    [line] = refusal.value.extra["cart"].lines
    assert (line.unit_price, line.price_changed) == (Money(1100), True)
    with pytest.raises(PriceChanged):
        world.check_out(expected=2699)
    world.set(ADA, LAMP, 2)
    world.check_out(expected=2699)
    assert world.desk.asked[-1].total == Money(2699)


def test_another_total_than_expected_is_refused_with_the_cart(world):
    with pytest.raises(PriceChanged, match="2499") as refusal:
        world.check_out(expected=2000)
    assert refusal.value.extra["cart"].total == Money(2499)
    assert world.desk.asked == []


@pytest.mark.parametrize("change", [{"available": 1}, {"available": 0}, {"deleted": True}])
def test_more_than_there_is_is_refused_with_the_cart(world, change):
    world.products.keep(a_product(version=2, **change))
    with pytest.raises(OutOfStock, match="Lamp") as refusal:
        world.check_out()
    assert refusal.value.extra["cart"].lines[0].available < 2
    assert world.desk.asked == []


@pytest.mark.parametrize("kind", [PriceChanged, OutOfStock])
def test_what_orders_refuses_is_told_with_the_cart_and_can_be_tried_again(world, kind):
    world.desk.refusal = kind("no")
    with pytest.raises(kind) as refusal:
        world.check_out()
    assert refusal.value.extra["cart"].id == world.see(ADA).id
    world.desk.refusal = None
    world.reprice("lamp", 1100)
    with pytest.raises(PriceChanged):
        world.check_out()


def test_an_order_whose_answer_was_lost_is_found_again_though_prices_moved(world):
    world.desk.lost = Unavailable("cut")
    with pytest.raises(Unavailable):
        world.check_out()
    world.desk.lost = None
    world.reprice("lamp", 1100)
    made = world.check_out()
    assert [made.order_id] == [placed.order_id for placed in world.desk.by_key.values()]
    assert len(world.carts.told) == 1


def test_a_cart_changed_during_the_checkout_keeps_its_new_version(world):
    world.carts.before_save = lambda: world.add(ADA, SOFA)
    world.check_out()
    assert world.desk.asked[-1].cart_version == world.see(ADA).version
    assert len(world.desk.asked[-1].lines) == 2


def test_a_guests_cart_is_merged_before_it_is_checked_out(world):
    world.add(GUEST, SOFA)
    world.check_out(ADA_AFTER_LOGIN)
    assert [line.product_id for line in world.desk.asked[-1].lines] == [LAMP, SOFA]


# ---- after a cancellation


def test_a_cancelled_order_lets_the_cart_be_checked_out_anew(world):
    first = world.check_out()
    cancelled = world.order(OrderCancelled)
    world.reopen(cancelled)
    second = world.check_out()
    assert first.order_id != second.order_id
    assert world.desk.asked[-1].attempt == 2
    world.reopen(cancelled)
    assert world.check_out() == second


def test_a_cancelled_order_of_an_older_state_changes_nothing(world):
    world.check_out()
    cancelled = world.order(OrderCancelled)
    world.add(ADA, SOFA)
    made = world.check_out()
    world.reopen(cancelled)
    assert world.check_out() == made


def test_a_cancelled_order_of_a_cart_that_is_gone_changes_nothing(world):
    world.check_out()
    world.reopen(replace(world.order(OrderCancelled), cart_id="gone"))


# ---- Idempotency-Key


def test_a_key_answers_alike_even_when_the_cart_has_changed(world):
    made = world.check_out(key="k")
    world.add(ADA, SOFA)
    assert world.check_out(key="k") == made
    assert world.check_out(key="k2").order_id != made.order_id


def test_a_key_with_another_body_is_refused(world):
    world.check_out(key="k")
    for change in ({"address": OTHER_ADDRESS}, {"expected": 2499}):
        with pytest.raises(IdempotencyMismatch):
            world.check_out(key="k", **change)


def test_of_two_bodies_at_once_under_one_key_one_is_refused(world):
    world.carts.before_save = lambda: world.check_out(key="k", address=OTHER_ADDRESS)
    with pytest.raises(IdempotencyMismatch):
        world.check_out(key="k")
    assert len(world.desk.by_key) == 1


def test_a_second_key_for_the_same_state_is_the_same_order(world):
    made = world.check_out(key="k1")
    assert world.check_out(key="k2") == made
    world.add(ADA, SOFA)
    assert world.check_out(key="k2") == made


def test_a_key_is_the_users_own(world):
    made = world.check_out(key="k")
    world.add(BOB, LAMP)
    assert world.check_out(BOB, key="k").order_id != made.order_id


def test_a_key_has_a_longest_length(world):
    with pytest.raises(Invalid, match="255"):
        world.check_out(key="k" * 256)
