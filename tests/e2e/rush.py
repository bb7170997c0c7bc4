"""A rush on the stock, straight at the real MongoDB: with the shop's guard, and without it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared.auth.model import Session, User
from shared.auth.tokens import SignedTokens, TokenSettings
from shared.contracts.auth import UserState
from shared.contracts.orders import OrderCreated, OrderLine
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrderId, ProductId, SessionId, UserId, new_id
from shared.kernel.money import Money
from shared.products.model import Product
from shared.products.mongo import MongoProducts
from shared.products.mongo_reservations import MongoReservations
from shared.products.reservations import RESERVED
from shared.products.use_cases.reserving import StockKeeper
from shared.runtime.mongo import collection
from shared.runtime.replicas import Replicas
from shared.runtime.settings import EventSettings, MongoSettings
from tests.e2e.crowd import at_once
from tests.e2e.shop import ACCESS, Client
from tests.e2e.stack import Stack

_NOTHING = Money(0, "USD")
# Nobody listens there: the events of a rush stay in its own database.
_NOWHERE = EventSettings(sink_url="http://127.0.0.1:9", key="00")


def buyers(stack: Stack, count: int) -> list[Client]:
    """People with a session, without the cost of hashing a password for each."""
    keys = TokenSettings(
        private_key=stack.secret("popshop-jwt", "private-key"),
        refresh_key=stack.secret("popshop-refresh", "key"),
    )
    recipients = Replicas(stack.database("notifications").recipients, UserState)
    return [_buyer(stack, SignedTokens(keys), recipients) for _ in range(count)]


def _buyer(stack: Stack, tokens: SignedTokens, recipients: Replicas[UserState]) -> Client:
    now, client, user_id = SystemClock().now(), Client(stack), UserId(new_id())
    email = f"{user_id}@example.com"
    user = User(id=user_id, email=email, name="Ann", password_hash="", created_at=now)
    # As if registered: mail to somebody unknown is tried again, and again.
    recipients.keep(user.state())
    session = Session(
        id=SessionId(new_id()),
        user_id=user_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=1),
    )
    client.cookies[ACCESS] = tokens.access_token(user, session)
    return client


class UnguardedProducts(MongoProducts):
    """Writes what it made of the product it read, whatever became of it since."""

    def save(self, before: Product, after: Product) -> bool:
        """Stores ``after`` without asking whether ``before`` is still there."""
        self._products.update_one({"_id": before.id}, {"$set": self._changes(before, after)})
        return True


@contextmanager
def own_database(stack: Stack) -> Iterator[MongoSettings]:
    """A database beside the shop's, gone afterwards."""
    url = re.sub(
        r"/[^/?]*(\?|$)", rf"/rush_{new_id()[-8:]}\1", stack.secret("popshop-mongo-products", "url")
    )
    settings = MongoSettings(url=url)
    try:
        yield settings
    finally:
        database = collection(settings, "products").database
        database.client.drop_database(database.name)
        database.client.close()


def sold(settings: MongoSettings, kind: type[MongoProducts], *, units: int, buyers: int) -> int:
    """How many of so many simultaneous orders of one piece get it."""
    products = kind(settings, _NOWHERE)
    keeper = StockKeeper(products, MongoReservations(settings, _NOWHERE), SystemClock())
    product_id = ProductId(new_id())
    products.add(_product(product_id, units))
    orders = [order_for(product_id) for _ in range(buyers)]
    states = at_once(lambda order: keeper.reserve(order).state, orders)
    return states.count(RESERVED)


def _product(product_id: ProductId, units: int) -> Product:
    return Product(
        id=product_id,
        sku=product_id,
        title="The last pieces",
        description="",
        category="other",
        price=Money(1000, "USD"),
        available=units,
        created_at=SystemClock().now(),
    )


def order_for(product_id: ProductId) -> OrderCreated:
    """A new order of one piece, as orders would tell it."""
    price, now = Money(1000, "USD"), SystemClock().now()
    line = OrderLine(
        product_id=product_id,
        sku=product_id,
        title="The last pieces",
        unit_price=price,
        quantity=1,
        line_total=price,
    )
    return OrderCreated(
        id=OrderId(new_id()),
        number="P-RUSH",
        user_id=new_id(),
        status="pending",
        lines=[line],
        subtotal=price,
        discount=_NOTHING,
        shipping=_NOTHING,
        tax=_NOTHING,
        total=price,
        cart_id=new_id(),
        cart_version=1,
        attempt=1,
        created_at=now,
        expires_at=now,
        version=1,
    )
