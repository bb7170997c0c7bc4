"""A guest's cart joins the user's on the first cart call after the log-in, once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from shared.cart.changes import frozen_for
from shared.kernel.ids import GuestId, UserId
from tests.fakes.cart import NOW
from tests.functions.cart.world import ADA, ADA_AFTER_LOGIN, GUEST, LAMP, SOFA, World


@pytest.fixture
def world():
    world = World()
    world.add(ADA, LAMP, 2)
    world.add(GUEST, LAMP, 3)
    world.add(GUEST, SOFA, 1)
    return world


MERGED = {LAMP: 5, SOFA: 1}


def test_the_first_call_after_the_log_in_merges_and_later_ones_do_not(world):
    assert world.pieces(ADA_AFTER_LOGIN) == MERGED
    assert world.pieces(ADA_AFTER_LOGIN) == MERGED
    assert world.pieces(ADA) == MERGED


def test_any_call_merges(world):
    world.add(ADA_AFTER_LOGIN, SOFA, 1)
    assert world.pieces(ADA) == {LAMP: 5, SOFA: 2}


def test_the_guest_begins_anew_under_another_id(world):
    before = world.see(GUEST).id
    world.see(ADA_AFTER_LOGIN)
    assert world.see(GUEST).id != before
    assert world.pieces(GUEST) == {}
    world.add(GUEST, LAMP, 1)
    assert world.pieces(ADA_AFTER_LOGIN) == {LAMP: 6, SOFA: 1}


def test_an_empty_guest_cart_changes_nothing(world):
    world.clear(GUEST)
    version = world.see(ADA).version
    assert world.see(ADA_AFTER_LOGIN).version == version


def test_two_tabs_merge_once(world):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.see(ADA_AFTER_LOGIN), range(16)))
    assert world.pieces(ADA) == MERGED


def test_two_tabs_that_meet_in_the_middle_merge_once(world):
    world.carts.before_save = lambda: world.see(ADA_AFTER_LOGIN)
    assert world.pieces(ADA_AFTER_LOGIN) == MERGED


@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_merge_that_died_at_any_step_is_finished_by_the_next_call(world, crash_at):
    saves = 0
    save = world.carts.save

    def die(before, after):
        nonlocal saves
        saves += 1
        if saves == crash_at:
            raise ConnectionError
        return save(before, after)

    world.carts.save = die
    with pytest.raises(ConnectionError):
        world.see(ADA_AFTER_LOGIN)
    world.carts.save = save
    assert world.pieces(ADA_AFTER_LOGIN) == MERGED
    assert world.pieces(GUEST) == {}


def test_a_guest_whose_cart_is_being_merged_gets_a_fresh_one(world):
    guest = world.cart(GUEST)
    assert world.carts.save(guest, frozen_for(guest, UserId("ada"), NOW))
    world.add(GUEST, SOFA, 5)
    assert world.pieces(GUEST) == {SOFA: 5}
    assert world.pieces(ADA) == MERGED


def test_a_guest_who_adds_while_the_cart_merges_adds_to_the_next_one(world):
    world.carts.before_save = lambda: world.add(GUEST, LAMP, 1)
    assert world.pieces(ADA_AFTER_LOGIN) == {LAMP: 6, SOFA: 1}


def test_the_user_who_began_the_merge_gets_the_lines(world):
    bob = replace(ADA_AFTER_LOGIN, user_id=UserId("bob"))
    guest = world.cart(GUEST)
    assert world.carts.save(guest, frozen_for(guest, UserId("ada"), NOW))
    assert world.pieces(bob) == {}
    assert world.pieces(ADA) == MERGED


def test_a_user_without_a_cart_gets_one_by_merging(world):
    carol = replace(ADA_AFTER_LOGIN, user_id=UserId("carol"), guest_id=GuestId("g"))
    assert world.pieces(carol) == {LAMP: 3, SOFA: 1}
