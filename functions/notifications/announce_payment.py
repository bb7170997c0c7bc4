"""On payment.failed and payment.refunded: tells the buyer."""

from typing import Annotated

from shared.contracts.event import EventMeta
from shared.contracts.payments import PaymentFailed, PaymentRefunded, PaymentState
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId
from shared.notifications.model import News
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Feed, Inboxes
from shared.notifications.redis import RedisFeed
from shared.notifications.use_cases.announcing import announce
from shared.notifications.use_cases.letters import order_number
from shared.runtime.declare import on


@on(PaymentFailed, PaymentRefunded)
def announce_payment(
    payment: PaymentState,
    meta: EventMeta,
    inboxes: Annotated[Inboxes, MongoInboxes],
    feed: Annotated[Feed, RedisFeed],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Tells the buyer that a payment failed or that money went back."""
    news = News(
        key=f"{meta.topic}:{payment.id}:{payment.version}",
        user_id=UserId(payment.user_id),
        type=meta.topic.replace(".", "_"),
        payload={
            "payment_id": payment.id,
            "order_id": payment.order_id,
            "number": order_number(payment, inboxes),
            "status": payment.status,
            "reason": payment.reason,
            "amount": {"amount": payment.amount.amount, "currency": payment.amount.currency},
            "refunded": {"amount": payment.refunded.amount, "currency": payment.refunded.currency},
        },
    )
    announce(news, inboxes, feed, clock.now())
