"""One suite for the cart's stores, fake and real."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.cart.changes import erased, frozen_for
from shared.cart.model import Checkout, with_quantity
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.contracts.cart import CartCheckout
from shared.kernel.ids import CartId, OrderId, ProductId, UserId
from shared.kernel.money import Money
from tests.contracts.listener import hang_up
from tests.fakes.cart import NOW, FakeCarts, FakeProducts, a_cart, a_line, a_product

ENGINES = pytest.param("mongo", marks=pytest.mark.engines)
LAMP = ProductId("lamp")
PRODUCTS = {LAMP: a_product()}


def a_checkout(order="o", key=None, version=1):
    return Checkout(
        order_id=OrderId(order),
        status="pending",
        version=version,
        attempt=1,
        key=key,
        fingerprint=key and "f",
    )


def an_event(cart, order="o"):
    return CartCheckout(
        cart_id=cart.id,
        user_id="ada",
        order_id=order,
        lines=[],
        total=Money(1),
        checked_out_at=NOW,
        version=cart.version,
    )


@pytest.fixture(params=["fake", ENGINES])
def carts(request):
    if request.param == "fake":
        return FakeCarts()
    database, sink = map(request.getfixturevalue, ("database", "sink"))
    return MongoCarts(database, sink.settings)


@pytest.fixture(params=["fake", ENGINES])
def products(request):
    if request.param == "fake":
        return FakeProducts()
    return MongoProducts(request.getfixturevalue("database"))


def test_what_is_stored_comes_back_whole(carts):
    cart = a_cart(a_line(quantity=2))
    assert carts.add(cart)
    after = replace(
        with_quantity(cart, LAMP, 3, PRODUCTS, NOW + timedelta(minutes=1)),
        merged_carts=[CartId("m")],
        settled_orders=[OrderId("s")],
        begun=(2, 1),
        begun_discount=Money(100),
        coupon="TEN",
        merging_into=UserId("u"),
    )
    assert carts.save(cart, after)
    assert carts.get(cart.owner) == carts.by_id(cart.id) == after


def test_what_was_never_stored_is_not_there(carts):
    assert carts.get("user:x") is None
    assert carts.by_id(CartId("x")) is None
    assert not carts.save(a_cart(), a_cart())


def test_a_place_has_one_cart_whoever_comes_first(carts):
    rivals = [a_cart() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(carts.add, rivals)) == 1
    assert carts.get("user:ada") in rivals


def test_of_rivals_in_the_same_state_one_saves(carts):
    cart = a_cart(a_line())
    carts.add(cart)
    after = with_quantity(cart, LAMP, 2, PRODUCTS, NOW)
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(lambda _: carts.save(cart, after), range(10))) == 1


@pytest.mark.parametrize(
    "change", [{"id": CartId("x")}, {"version": 2}, {"attempt": 2}, {"state": "merging"}]
)
def test_a_cart_that_is_another_by_now_is_not_saved(carts, change):
    cart = a_cart(a_line())
    carts.add(cart)
    assert carts.save(cart, replace(cart, **change))
    assert not carts.save(cart, replace(cart, lines=[]))


def test_a_checkout_is_remembered_beside_changes_of_the_cart(carts):
    cart = a_cart(a_line())
    carts.add(cart)
    carts.record_checkout(cart, a_checkout(), an_event(cart))
    carts.save(cart, with_quantity(cart, LAMP, 2, PRODUCTS, NOW))
    assert carts.get(cart.owner).checkouts == [a_checkout()]


def test_the_same_checkout_is_remembered_once_and_each_key_of_it_once(carts):
    cart = a_cart(a_line())
    carts.add(cart)
    for key in (None, None, "a", "a", "b", None):
        carts.record_checkout(cart, a_checkout(key=key), an_event(cart))
    assert [one.key for one in carts.get(cart.owner).checkouts] == [None, "a", "b"]


def test_old_checkouts_are_forgotten(carts):
    cart = a_cart(a_line())
    carts.add(cart)
    for number in range(103):
        carts.record_checkout(cart, a_checkout(f"o{number}"), an_event(cart, f"o{number}"))
    kept = carts.get(cart.owner).checkouts
    assert (len(kept), kept[0].order_id, kept[-1].order_id) == (100, "o3", "o102")


def test_guests_who_stayed_away_are_forgotten_and_nobody_else(carts):
    old, new = NOW - timedelta(days=1), NOW
    idle = a_cart(a_line(), owner="guest:idle", updated_at=old)
    merging = frozen_for(replace(idle, owner="guest:m", id=CartId("m")), UserId("u"), old)
    others = [
        merging,
        a_cart(owner="guest:busy", updated_at=new),
        a_cart(owner="user:ada", updated_at=old),
    ]
    for cart in (idle, *others):
        carts.add(cart)
    assert carts.delete_idle_guests(new) == 1
    assert carts.get(idle.owner) is None
    assert all(carts.get(cart.owner) for cart in others)


def test_an_erased_cart_keeps_nothing_and_takes_nothing(carts):
    cart = a_cart(a_line(), coupon="TEN", settled_orders=[OrderId("s")])
    carts.add(cart)
    carts.record_checkout(cart, a_checkout(), an_event(cart))
    for _ in range(2):
        carts.erase(cart.owner, NOW)
    left = erased(cart.owner, NOW)
    assert carts.get(cart.owner) == left
    assert carts.by_id(cart.id) is None
    assert not carts.save(cart, replace(cart, lines=[]))
    assert not carts.add(cart)
    for key in (None, "k"):
        carts.record_checkout(cart, a_checkout("o2", key), an_event(cart, "o2"))
    assert carts.get(cart.owner) == left


def test_a_cart_that_never_was_is_erased_too(carts):
    carts.erase("user:ada", NOW)
    assert not carts.add(a_cart())


def test_the_newest_product_is_kept_and_a_tombstone_stays(products):
    lamp = a_product(version=2)
    assert products.keep(lamp)
    assert not products.keep(lamp)
    assert not products.keep(replace(lamp, price=Money(1), version=1))
    assert products.find([LAMP, ProductId("x")]) == {LAMP: lamp}
    assert products.find([]) == {}
    gone = replace(lamp, deleted=True, version=3)
    assert products.keep(gone)
    assert not products.keep(lamp)
    assert products.find([LAMP]) == {LAMP: gone}


def test_of_many_products_at_once_the_newest_versions_are_kept(products):
    lamp, mug, pen = (a_product(name, version=2) for name in ("lamp", "mug", "pen"))
    products.keep(lamp)
    products.keep(mug)
    newer, older = replace(lamp, price=Money(7), version=3), replace(mug, deleted=True, version=1)
    for _ in range(2):
        products.keep_all([newer, older, pen])
    assert products.find([lamp.id, mug.id, pen.id]) == {lamp.id: newer, mug.id: mug, pen.id: pen}
    products.keep_all([])


def test_of_rival_versions_of_a_product_the_newest_stays(products):
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(products.keep, [a_product(version=version) for version in range(1, 21)]))
    assert products.find([LAMP])[LAMP].version == 20


@pytest.mark.engines
def test_a_checkout_is_told_once_and_what_is_left_is_swept(database, sink, monkeypatch):
    carts, cart = MongoCarts(database, sink.settings), a_cart(a_line())
    carts.add(cart)
    sink.is_down = True
    carts.record_checkout(cart, a_checkout(), an_event(cart))
    carts.record_checkout(cart, a_checkout(key="k"), an_event(cart))
    assert sink.told == []
    sink.is_down = False
    monkeypatch.setattr("shared.runtime.outbox._SWEEP_AGE", timedelta(0))
    assert carts.sweep() == 1
    assert carts.sweep() == 0
    carts.record_checkout(cart, a_checkout("o2"), an_event(cart, "o2"))
    assert sink.told == [("cart-checkout", cart.id, 1)] * 2


@pytest.mark.engines
def test_rivals_record_a_checkout_once(database, sink):
    carts, cart = MongoCarts(database, sink.settings), a_cart(a_line())
    carts.add(cart)

    def record(_):
        try:
            carts.record_checkout(cart, a_checkout(), an_event(cart))
        finally:
            hang_up()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(record, range(10)))
    assert sink.topics == ["cart-checkout"]
    kept = carts.get(cart.owner)
    assert kept is not None
    assert len(kept.checkouts) == 1
