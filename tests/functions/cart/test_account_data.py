"""A deleted person's cart is gone, and no late call brings one back."""

import pytest

from shared.cart.model import ERASED
from shared.contracts.orders import OrderCancelled, OrderPaid
from shared.kernel.errors import Forbidden
from tests.functions.cart.world import ADA, ADA_AFTER_LOGIN, BOB, GUEST, LAMP, SOFA, World


@pytest.fixture
def world():
    world = World()
    world.give_out(max_uses=1)
    world.add(ADA, LAMP, 2)
    world.apply(ADA)
    return world


def remains(world):
    return world.carts.by_owner["user:ada"]


def test_nothing_of_the_cart_is_left(world):
    world.check_out()
    for _ in range(2):
        world.erase("ada")
    left = remains(world)
    assert (left.state, left.lines, left.coupon) == (ERASED, [], None)
    assert (left.checkouts, left.merged_carts, left.settled_orders) == ([], [], [])


@pytest.mark.parametrize(
    "act",
    [
        lambda world: world.see(ADA),
        lambda world: world.add(ADA, SOFA),
        lambda world: world.clear(ADA),
        lambda world: world.apply(ADA),
        lambda world: world.check_out(ADA),
        lambda world: world.export(ADA),
    ],
)
def test_a_late_call_brings_nothing_back(world, act):
    world.erase("ada")
    before = remains(world)
    with pytest.raises(Forbidden, match="deleted"):
        act(world)
    assert remains(world) == before


def test_a_person_who_never_had_a_cart_gets_none_later(world):
    world.erase("bob")
    with pytest.raises(Forbidden):
        world.add(BOB, LAMP)


def test_a_change_that_is_under_way_is_not_stored(world):
    world.carts.before_save = lambda: world.erase("ada")
    with pytest.raises(Forbidden):
        world.add(ADA, SOFA)
    assert remains(world).lines == []


def test_an_order_that_is_being_placed_leaves_no_trace_in_the_cart(world):
    place = world.desk.place

    def erase_meanwhile(order):
        world.erase("ada")
        return place(order)

    world.desk.place = erase_meanwhile
    world.check_out(key="k")
    assert remains(world).checkouts == []


def test_a_guests_cart_does_not_come_along_and_the_guest_begins_anew(world):
    world.erase("ada")
    world.add(GUEST, SOFA)
    with pytest.raises(Forbidden):
        world.see(ADA_AFTER_LOGIN)
    assert remains(world).lines == []
    assert world.pieces(GUEST) == {}
    world.add(GUEST, LAMP)
    assert world.pieces(GUEST) == {LAMP: 1}


def test_orders_that_end_later_change_nothing_but_give_the_coupon_back(world):
    world.check_out()
    world.erase("ada")
    before = remains(world)
    world.settle(world.order(OrderPaid))
    world.reopen(world.order(OrderCancelled))
    assert remains(world) == before
    assert world.used() == 0


def test_others_keep_their_carts(world):
    world.add(BOB, LAMP)
    world.erase("ada")
    assert world.pieces(BOB) == {LAMP: 1}
