"""On order.*: tells the buyer what became of the order."""

from typing import Annotated

from shared.contracts.event import EventMeta
from shared.contracts.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderPaid,
    OrderShipped,
    OrderState,
)
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId
from shared.notifications.model import News, order_key
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Feed, Inboxes
from shared.notifications.redis import RedisFeed
from shared.notifications.use_cases.announcing import announce
from shared.runtime.declare import on


@on(OrderConfirmed, OrderCancelled, OrderPaid, OrderShipped, OrderDelivered)
def announce_order(
    order: OrderState,
    meta: EventMeta,
    inboxes: Annotated[Inboxes, MongoInboxes],
    feed: Annotated[Feed, RedisFeed],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Tells the buyer that the order was confirmed, cancelled, paid, shipped or delivered."""
    news = News(
        key=order_key(meta.topic, order.id),
        user_id=UserId(order.user_id),
        type=meta.topic.replace(".", "_"),
        payload={
            "order_id": order.id,
            "number": order.number,
            "status": order.status,
            "status_reason": order.status_reason,
            "total": {"amount": order.total.amount, "currency": order.total.currency},
        },
    )
    announce(news, inboxes, feed, clock.now())
