from dataclasses import replace

import pytest

from shared.contracts.products import ProductCreated, ProductDeleted, ProductUpdated
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from tests.fakes.events import a_lamp
from tests.functions.cart.world import ADA, BOB, GUEST, LAMP, SOFA, World


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("caller", [GUEST, ADA])
def test_a_cart_begins_empty_and_stays_the_same_one(world, caller):
    first = world.see(caller)
    assert (first.lines, first.total, first.version) == ([], Money(0), 1)
    assert world.see(caller).id == first.id


def test_adding_adds_and_setting_sets(world):
    world.add(ADA, quantity=2)
    world.add(ADA, quantity=3)
    assert world.pieces(ADA) == {LAMP: 5}
    world.set(ADA, LAMP, 2)
    assert world.pieces(ADA) == {LAMP: 2}
    world.set(ADA, LAMP, 0)
    assert world.pieces(ADA) == {}


def test_everybody_has_a_cart_of_their_own(world):
    world.add(ADA)
    world.add(BOB, SOFA)
    assert (world.pieces(ADA), world.pieces(BOB), world.pieces(GUEST)) == ({LAMP: 1}, {SOFA: 1}, {})


def test_a_sum_above_99_is_refused_and_nothing_changes(world):
    world.add(ADA, quantity=60)
    with pytest.raises(Invalid, match="99"):
        world.add(ADA, quantity=40)
    assert world.pieces(ADA) == {LAMP: 60}


def test_an_unknown_product_is_not_added(world):
    with pytest.raises(NotFound):
        world.add(ADA, ProductId("x"))


def test_only_what_is_in_the_cart_is_set(world):
    with pytest.raises(NotFound, match="add it first"):
        world.set(ADA, LAMP, 1)


def test_removing_twice_and_clearing_twice_is_the_same(world):
    world.add(ADA)
    world.add(ADA, SOFA)
    assert world.remove(ADA, LAMP).version == world.remove(ADA, LAMP).version
    assert world.pieces(ADA) == {SOFA: 1}
    assert world.clear(ADA).version == world.clear(ADA).version
    assert world.pieces(ADA) == {}


def test_a_new_price_and_stock_arrive_and_an_old_one_does_not(world):
    world.add(ADA, quantity=9)
    world.learn(a_lamp(ProductUpdated, price=Money(1100), available=4, version=3))
    world.learn(a_lamp(ProductCreated, price=Money(900), available=9, version=2))
    [line] = world.see(ADA).lines
    assert (line.unit_price, line.available, line.price_changed) == (Money(1100), 4, True)


def test_an_imported_price_arrives_and_a_newer_one_stays(world):
    world.add(ADA)
    world.add(ADA, SOFA)
    lamp = a_lamp(ProductUpdated, price=Money(1100), version=2)
    sofa = world.products.by_id[SOFA]
    newer = replace(lamp, id=SOFA, price=Money(7), version=sofa.version + 5)
    world.learn(newer)
    for _ in range(2):
        world.learn_import(lamp, replace(newer, price=Money(8), version=sofa.version + 1))
    prices = {line.product_id: line.unit_price for line in world.see(ADA).lines}
    assert prices == {LAMP: Money(1100), SOFA: Money(7)}


def test_a_deleted_product_stays_visible_and_can_be_removed(world):
    world.add(ADA)
    world.learn(a_lamp(ProductDeleted, deleted=True))
    world.learn(a_lamp(ProductUpdated, version=1))
    [line] = world.see(ADA).lines
    assert (line.available, line.title) == (0, "Lamp")
    with pytest.raises(NotFound):
        world.set(ADA, LAMP, 2)
    assert world.remove(ADA, LAMP).lines == []


def test_a_change_that_lost_a_race_is_made_anew(world):
    world.add(ADA)
    world.carts.before_save = lambda: world.add(ADA, SOFA)
    world.add(ADA, quantity=2)
    assert world.pieces(ADA) == {LAMP: 3, SOFA: 1}
