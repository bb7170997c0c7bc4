from dataclasses import replace

import pytest

from shared.contracts.orders import CheckoutLine
from shared.contracts.products import ProductDeleted, ProductUpdated
from shared.kernel.errors import Forbidden, Invalid, Unavailable
from shared.kernel.ids import OrderId
from shared.kernel.money import Money
from shared.orders.model import OutOfStock, PriceChanged
from tests.fakes.events import a_lamp
from tests.fakes.orders import ADDRESS, NOW, a_product
from tests.functions.orders.world import ADA, BOB, World

LAMP = CheckoutLine(product_id="lamp", quantity=2, unit_price=Money(1000))


@pytest.fixture
def world():
    return World()


def test_an_order_is_made_of_what_the_shop_knows(world):
    placed = world.place()
    order = world.order(OrderId(placed.order_id))
    [line] = order.lines
    assert (line.sku, line.title, line.line_total) == ("LAMP", "Lamp", Money(2000))
    assert (order.total, order.shipping, order.shipping_address) == (
        Money(2499),
        Money(499),
        ADDRESS,
    )
    assert (placed.status, placed.number) == ("pending", order.number)
    assert order.number.startswith("P-")
    assert len(order.number) == 8
    assert [(step.status, step.at) for step in order.timeline] == [("pending", NOW)]


def test_the_others_are_told_without_the_address(world):
    placed = world.place()
    [event] = world.orders.told
    assert (event.id, event.status, event.version) == (placed.order_id, "pending", 1)
    assert (event.cart_id, event.cart_version, event.attempt) == ("cart", 3, 1)
    assert not hasattr(event, "shipping_address")


def test_a_repeated_request_is_the_same_order_whatever_changed_since(world):
    first = world.place()
    world.learn(a_lamp(ProductUpdated, price=Money(9)))
    assert world.place() == first
    assert world.topics == ["order.created"]


def test_a_repeated_request_tells_the_present_status(world):
    order_id = world.payable()
    assert world.place().status == "awaiting_payment"
    world.cancel(order_id)
    assert world.place().status == "cancelled"


@pytest.mark.parametrize("change", [{"cart_version": 4}, {"attempt": 2}, {"cart_id": "other"}])
def test_another_state_of_a_cart_is_another_order(world, change):
    assert world.place().order_id != world.place(**change).order_id


def test_a_changed_price_is_refused(world):
    world.learn(a_lamp(ProductUpdated, price=Money(1001)))
    with pytest.raises(PriceChanged, match="Lamp"):
        world.place()
    assert world.orders.by_id == {}


def test_an_imported_price_counts_from_then_on(world):
    world.learn_import(a_lamp(ProductUpdated, price=Money(1001), version=2))
    world.learn_import(a_lamp(ProductUpdated, version=1))
    with pytest.raises(PriceChanged, match="Lamp"):
        world.place()


def test_an_old_event_about_a_product_changes_nothing(world):
    world.learn(a_lamp(ProductUpdated, version=3))
    world.learn(a_lamp(ProductUpdated, price=Money(7), version=2))
    world.place()


def test_a_product_that_is_gone_is_refused(world):
    world.learn(a_lamp(ProductDeleted, deleted=True))
    with pytest.raises(OutOfStock, match="Lamp"):
        world.place()


def test_a_product_not_known_yet_is_asked_for_again_later(world):
    line = replace(LAMP, product_id="new")
    with pytest.raises(Unavailable):
        world.place(lines=[line])


def test_nobody_orders_for_somebody_else(world):
    with pytest.raises(Forbidden):
        world.place(caller=BOB, user_id=ADA.user)


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"lines": [replace(LAMP, quantity=0)]},
        {"lines": [replace(LAMP, quantity=-2)]},
        {"lines": [replace(LAMP, quantity=100)]},
        {"subtotal": Money(1999)},
        {"total": Money(2000)},
        {"total": Money(2499, "EUR")},
        {"discount": Money(-100), "total": Money(2599)},
        {"discount": Money(2001), "total": Money(498)},
        {"shipping": Money(-499), "total": Money(1501)},
        {"tax": Money(-1), "total": Money(2498)},
    ],
)
def test_an_order_that_cannot_be_is_refused(world, change):
    with pytest.raises(Invalid):
        world.place(**change)
    assert world.orders.by_id == {}


def test_two_currencies_are_refused(world):
    world.products.keep(a_product("sofa", price=Money(1000, "EUR")))
    sofa = CheckoutLine(product_id="sofa", quantity=1, unit_price=Money(1000, "EUR"))
    with pytest.raises(Invalid):
        world.place(lines=[LAMP, sofa])


def test_two_lines_of_one_product_are_both_ordered(world):
    one = replace(LAMP, quantity=1)
    order = world.order(world.placed(lines=[one, one]))
    assert [line.quantity for line in order.lines] == [1, 1]
