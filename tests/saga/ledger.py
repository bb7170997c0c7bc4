"""What must hold of stock, money and states: always, and once everything has been delivered."""

from collections.abc import Iterable
from itertools import pairwise

from shared.cart.model import MERGING
from shared.kernel.ids import OrderId, ProductId
from shared.orders.model import NEXT, UNPAID, Order, Status
from shared.products.reservations import (
    COMMITTED,
    REJECTED,
    RELEASED,
    RESTOCKED,
)
from tests.saga.shop import COUPON, STOCK, Shop

SOLD = frozenset({Status.PAID, Status.SHIPPED, Status.DELIVERED, Status.REFUNDED})
_GIVEN_BACK = frozenset({REJECTED, RELEASED, RESTOCKED})


def check_always(shop: Shop) -> None:
    """After every step, whatever is still on its way."""
    for product_id in map(ProductId, STOCK):
        _check_stock(shop, product_id)
    for order in shop.orders.by_id.values():
        _check_states(order)
        _check_money(shop, order)
    _check_one_order_per_cart(shop.orders.by_id.values())
    _check_coupon(shop)
    for mine in shop.inboxes.stored.values():
        assert sorted(one.sequence or 0 for one in mine.values()) == [*range(1, len(mine) + 1)]


def check_drained(shop: Shop) -> None:
    """Once every event, sweep and deadline has passed: nothing is lost, stuck, kept or owed."""
    check_always(shop)
    assert shop.bus.left == []
    for order in shop.orders.by_id.values():
        assert order.status not in UNPAID, f"{order.number} is stuck as {order.status}"
        _check_reservation(shop, order)
        _check_settled_money(shop, order)
        told = f"order.{order.status.value}:{order.id}"
        assert order.status is Status.REFUNDED or told in shop.inboxes.stored[order.user_id]
    for product_id in map(ProductId, STOCK):
        _check_sales(shop, product_id)
    _check_carts(shop)
    orders = len(_discounted(shop))
    assert shop.uses.live(COUPON.id) == orders, f"the coupon is not used by {orders} orders"


def _check_stock(shop: Shop, product_id: ProductId) -> None:
    product = shop.products.by_id[product_id]
    held = sum(hold.quantity for hold in product.holds)
    sold = sum(_pieces_out(shop, order_id, product_id) for order_id in shop.reservations.by_id)
    assert product.available >= 0, f"{product_id} is oversold"
    parts = f"{product.available} free + {held} held + {sold} sold"
    assert product.available + held + sold == STOCK[product_id], f"{product_id}: {parts}"


def _pieces_out(shop: Shop, order_id: OrderId, product_id: ProductId) -> int:
    """Pieces that a reservation has taken for good and that have not come back."""
    reservation, product = shop.reservations.by_id[order_id], shop.products.by_id[product_id]
    is_held = any(hold.order_id == order_id for hold in product.holds)
    is_back = reservation.state == RESTOCKED and order_id in product.returned
    if reservation.state not in {COMMITTED, RESTOCKED} or is_held or is_back:
        return 0
    return sum(line.quantity for line in reservation.lines if line.product_id == product_id)


def _check_states(order: Order) -> None:
    steps = [Status(step.status) for step in order.timeline]
    assert steps[0] is Status.PENDING
    assert steps[-1] is order.status
    for before, after in pairwise(steps):
        assert after is before or after in NEXT[before], f"{order.number}: {before} -> {after}"


def _check_money(shop: Shop, order: Order) -> None:
    """At most the total is taken, and at most what was taken goes back."""
    taken = [intent for intent in _intents(shop, order) if _is_taken(shop, intent)]
    assert len(taken) <= 1, f"{order.number} is charged twice"
    for intent in taken:
        assert shop.gateway.amounts[intent] == order.total.amount
        assert 0 <= shop.gateway.kept(intent) <= order.total.amount
    assert taken or order.status not in SOLD, f"{order.number} is {order.status} without money"


def _check_settled_money(shop: Shop, order: Order) -> None:
    kept = sum(shop.gateway.kept(intent) for intent in _intents(shop, order))
    refunded = shop.payments.by_order[order.id].refunded.amount if order.status in SOLD else 0
    due = order.total.amount - refunded if order.status in SOLD else 0
    assert kept == due, f"{order.number} is {order.status}, and {kept} are kept, not {due}"


def _check_one_order_per_cart(orders: Iterable[Order]) -> None:
    alive = [one for one in orders if one.status is not Status.CANCELLED]
    states = [(order.cart_id, order.cart_version) for order in alive]
    assert len(states) == len(set(states)), "a state of a cart has two orders"


def _check_coupon(shop: Shop) -> None:
    """Never more than its uses, but for orders that nobody had heard of for half an hour."""
    orders = _discounted(shop)
    in_time = [order for order in orders if order.key not in shop.uses.stale]
    assert len(in_time) <= (COUPON.max_uses or 0), "the coupon is used too often"
    for order in orders:
        assert order.discount == order.subtotal.percent(10)


def _discounted(shop: Shop) -> list[Order]:
    """The orders that took the coupon and did not give it back."""
    orders = shop.orders.by_id.values()
    return [one for one in orders if one.coupon and one.status is not Status.CANCELLED]


def _check_reservation(shop: Shop, order: Order) -> None:
    reservation = shop.reservations.by_id[order.id]
    expected = {COMMITTED} if order.status in SOLD else _GIVEN_BACK
    assert reservation.state in expected, f"{order.number}: {order.status}, {reservation.state}"
    assert reservation.open_since is None, f"{order.number}: {reservation.state} is unfinished"


def _check_sales(shop: Shop, product_id: ProductId) -> None:
    product = shop.products.by_id[product_id]
    assert product.holds == [], f"{product_id} has pieces held for nobody"
    lines = [
        line
        for order in shop.orders.by_id.values()
        if order.status in SOLD
        for line in order.lines
        if line.product_id == product_id
    ]
    assert STOCK[product_id] - product.available == sum(line.quantity for line in lines)


def _check_carts(shop: Shop) -> None:
    carts = {cart.id: cart for cart in shop.carts.by_owner.values()}
    assert all(cart.state != MERGING for cart in carts.values()), "a cart is stuck in its merge"
    for order in shop.orders.by_id.values():
        cart = carts.get(order.cart_id)  # type: ignore[call-overload]  # a CartId, as contracts say
        if cart and order.status is Status.CANCELLED:
            state = (order.cart_version, order.attempt)
            assert (cart.version, cart.attempt) != state, f"{order.number}: cart not reopened"


def _intents(shop: Shop, order: Order) -> list[str]:
    return [intent for key, intent in shop.gateway._keys.items() if key == order.id]


def _is_taken(shop: Shop, intent: str) -> bool:
    return shop.gateway.intents[intent].status == "succeeded"
