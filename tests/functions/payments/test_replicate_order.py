from functions.payments.replicate_order import replicate_order
from shared.contracts.orders import OrderConfirmed, OrderCreated
from tests.fakes.payments import FakeOrders
from tests.functions.payments.world import an_event, an_order


def test_the_newest_version_is_kept_whatever_the_order_of_arrival():
    orders, order = FakeOrders(), an_order(version=2)
    replicate_order(an_event(OrderConfirmed, order), orders)
    replicate_order(an_event(OrderCreated, order, status="pending", version=1), orders)
    replicate_order(an_event(OrderConfirmed, order), orders)
    assert orders.by_id[order.id] == order
