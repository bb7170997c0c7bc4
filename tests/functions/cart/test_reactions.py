from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cart.model import IDLE_GUEST_LIFETIME
from shared.contracts.orders import OrderPaid
from tests.functions.cart.world import ADA, GUEST, LAMP, SOFA, World


@pytest.fixture
def world():
    world = World()
    world.add(ADA, LAMP, 2)
    world.check_out()
    return world


def test_paid_pieces_leave_the_cart_once(world):
    paid = world.order(OrderPaid)
    world.settle(paid)
    assert world.pieces(ADA) == {}
    world.add(ADA, LAMP, 1)
    world.settle(paid)
    assert world.pieces(ADA) == {LAMP: 1}


def test_what_was_added_after_the_checkout_stays(world):
    world.add(ADA, LAMP, 1)
    world.add(ADA, SOFA, 1)
    world.settle(world.order(OrderPaid))
    assert world.pieces(ADA) == {LAMP: 1, SOFA: 1}


def test_a_settling_that_lost_a_race_is_made_anew(world):
    world.carts.before_save = lambda: world.add(ADA, SOFA, 1)
    world.settle(world.order(OrderPaid))
    assert world.pieces(ADA) == {SOFA: 1}


def test_a_paid_order_of_a_cart_that_is_gone_changes_nothing(world):
    world.settle(replace(world.order(OrderPaid), cart_id="gone"))
    assert world.pieces(ADA) == {LAMP: 2}


def test_the_sweep_publishes_and_forgets_guests_who_stayed_away(world):
    world.add(GUEST)
    world.clock.time += IDLE_GUEST_LIFETIME
    world.sweep()
    assert world.carts.get("guest:g") is not None
    world.clock.time += timedelta(seconds=1)
    world.sweep()
    assert world.carts.get("guest:g") is None
    assert world.pieces(ADA) == {LAMP: 2}
    assert world.carts.sweeps == 2
