"""On product.created: tells everybody who is in the shop."""

from typing import Annotated

from shared.contracts.products import ProductCreated
from shared.kernel.clock import Clock, SystemClock
from shared.notifications.model import News
from shared.notifications.mongo import MongoInboxes
from shared.notifications.ports import Feed, Inboxes
from shared.notifications.redis import RedisFeed
from shared.notifications.use_cases.announcing import announce
from shared.runtime.declare import on


@on(ProductCreated)
def announce_product(
    product: ProductCreated,
    inboxes: Annotated[Inboxes, MongoInboxes],
    feed: Annotated[Feed, RedisFeed],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Tells everybody who is connected about a new product; it is not kept."""
    news = News(
        key=f"product.created:{product.id}",
        user_id=None,
        type="product_created",
        payload={"product_id": product.id, "title": product.title},
    )
    announce(news, inboxes, feed, clock.now())
