"""What shoppers and administrators see and do, as Python."""

import pytest

from functions.orders.list_all_orders import OrdersQuery, list_all_orders
from functions.orders.list_orders import list_orders
from shared.kernel.errors import IllegalTransition, NotFound
from shared.kernel.ids import OrderId
from shared.orders.model import Status
from shared.runtime.schema import PageQuery
from tests.functions.orders.world import ADA, ADMIN, BOB, World


@pytest.fixture
def world():
    return World()


def test_a_shopper_sees_their_own_orders_newest_first(world):
    first, second = sorted([world.placed(), world.placed(attempt=2)])  # within a millisecond
    world.placed(caller=BOB, cart_id="bobs")
    page = list_orders(PageQuery(page_size=1), ADA, world.orders)
    assert ([order.id for order in page.items], page.total) == ([second], 2)
    page = list_orders(PageQuery(page=2, page_size=1), ADA, world.orders)
    assert [order.id for order in page.items] == [first]


def test_another_ones_order_is_not_found_and_administrators_see_it(world):
    order_id = world.placed()
    assert world.see(order_id).id == order_id
    assert world.see(order_id, ADMIN).id == order_id
    for caller, wanted in ((BOB, order_id), (ADA, OrderId("x")), (ADMIN, OrderId("x"))):
        with pytest.raises(NotFound):
            world.see(wanted, caller)


@pytest.mark.parametrize("make", [World.placed, World.payable, World.paid])
def test_a_shopper_cancels_until_the_parcel_leaves(world, make):
    order_id = make(world)
    view = world.cancel(order_id)
    assert (view.status, view.status_reason) == ("cancelled", "shopper")
    assert world.topics[-1] == "order.cancelled"
    with pytest.raises(IllegalTransition):
        world.cancel(order_id)
    assert world.topics.count("order.cancelled") == 1


def test_a_parcel_that_left_is_not_cancelled(world):
    order_id = world.paid()
    world.advance(order_id, "shipped")
    with pytest.raises(IllegalTransition, match="shipped"):
        world.cancel(order_id)
    world.advance(order_id, "delivered")
    with pytest.raises(IllegalTransition, match="delivered"):
        world.cancel(order_id)


def test_nobody_cancels_another_ones_order(world):
    order_id = world.payable()
    with pytest.raises(NotFound):
        world.cancel(order_id, BOB)
    assert world.status(order_id) == "awaiting_payment"


def test_an_administrator_cancels_in_the_shops_name(world):
    order_id = world.payable()
    assert world.cancel(order_id, ADMIN).status_reason == "admin"


def test_a_payment_that_lands_while_somebody_cancels_wins_or_is_noted(world):
    order_id = world.payable()
    world.orders.before_save = lambda: world.pay(order_id, "landed")
    assert world.cancel(order_id).status == "cancelled"
    assert world.topics == ["order.created", "order.confirmed", "order.paid", "order.cancelled"]


def test_an_administrator_ships_and_delivers_a_paid_order(world):
    order_id = world.paid()
    assert world.see(order_id).next_steps == ["shipped", "cancelled"]
    assert world.advance(order_id, "shipped", "T-1").tracking == "T-1"
    view = world.advance(order_id, "delivered")
    assert (view.status, view.tracking) == ("delivered", "T-1")
    assert world.topics[-2:] == ["order.shipped", "order.delivered"]
    assert world.orders.told[-1].tracking == "T-1"


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_an_unpaid_order_is_not_shipped(world, status):
    order_id = world.payable()
    with pytest.raises(IllegalTransition):
        world.advance(order_id, status)


def test_an_unknown_order_is_not_advanced(world):
    with pytest.raises(NotFound):
        world.advance(OrderId("x"), "shipped")


def test_administrators_find_orders_by_status_and_number(world):
    mine, bobs = world.placed(), world.payable(caller=BOB, cart_id="bobs")

    def found(**query):
        return [order.id for order in list_all_orders(OrdersQuery(**query), world.orders).items]

    assert sorted(found()) == sorted([bobs, mine])
    assert found(status=Status.PENDING) == [mine]
    assert found(search=f" {world.order(bobs).number.lower()} ") == [bobs]
    assert found(search="nothing") == []
