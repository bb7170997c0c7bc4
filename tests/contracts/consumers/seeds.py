"""What a context may know before its events come: the aggregates that the golden events name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.cart.model import Cart, Line
from shared.cart.mongo import MongoCarts
from shared.kernel.ids import CartId, ImportId, OrderId, PaymentId, ProductId, UserId
from shared.notifications.mongo import MongoRecipients
from shared.orders.model import Order, Status
from shared.orders.mongo import MongoOrders
from shared.payments.changes import opened, started
from shared.payments.model import Order as PayableOrder
from shared.payments.mongo import MongoPayments
from shared.payments.stripe_gateway import StripeGateway
from shared.products.imports import Import, Lane
from shared.products.model import Details, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_imports import MongoImports
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reservations import MongoReservations
from shared.products.mongo_reviews import MongoReviews
from shared.products.objects import StoredFiles
from shared.products.reviews import Review, ReviewId
from shared.products.use_cases.reserving import StockKeeper
from tests.contracts.consumers.filling import World
from tests.contracts.consumers.histories import told
from tests.fakes.auth import FakeClock
from tests.fakes.orders import ADDRESS, NOW

ORDER, PRODUCT, CHUNK = told("order.created"), told("product.created"), told("import.chunked")
ROW = b"DEMO-AUD-02,Speaker,loud,audio,4900,7\n"


def nothing(world: World) -> None:
    """A fresh database."""


def _order_that_is(status: Status) -> Callable[[World], None]:
    def seed(world: World) -> None:
        fields: dict[str, Any] = {
            name: getattr(ORDER, name)
            for name in type(ORDER).__dataclass_fields__
            if name in Order.__dataclass_fields__
        }
        order = Order(**fields | {"key": "key", "shipping_address": ADDRESS, "status": status})
        is_paid = status is Status.PAID
        world.adapter(MongoOrders).add(replace(order, paid_at=NOW if is_paid else None))

    seed.__name__ = f"the order is {status}"
    return seed


def the_cart_was_checked_out(world: World) -> None:
    line = Line(product_id=ProductId(PRODUCT.id), quantity=3, seen_price=PRODUCT.price)
    cart = Cart(
        owner=f"user:{ORDER.user_id}",
        id=CartId(ORDER.cart_id),
        version=ORDER.cart_version,
        lines=[line],
        begun=(ORDER.cart_version, ORDER.attempt),
        updated_at=NOW,
    )
    world.adapter(MongoCarts).add(cart)


def the_payment_was_started(world: World) -> None:
    payable = PayableOrder(
        id=OrderId(ORDER.id),
        number=ORDER.number,
        user_id=UserId(ORDER.user_id),
        status="awaiting_payment",
        total=ORDER.total,
        expires_at=NOW + timedelta(minutes=15),
        version=2,
    )
    payments, gateway = world.adapter(MongoPayments), world.adapter(StripeGateway)
    payment = opened(payable, PaymentId(told("payment.created").id), NOW)
    payments.add(payment)
    change = started(payment, gateway.open(payment))
    assert payments.save(payment, change.after, change.events)


def the_money_landed(world: World) -> None:
    the_payment_was_started(world)
    world.adapter(StripeGateway).pay("pi_1")


def the_product_is_in_stock(world: World) -> None:
    details = Details(sku=PRODUCT.sku, title=PRODUCT.title, category="audio", price=PRODUCT.price)
    world.adapter(MongoProducts).add(new_product(ProductId(PRODUCT.id), details, 50, "root", NOW))


def the_pieces_are_held(world: World) -> None:
    the_product_is_in_stock(world)
    stores = world.adapter(MongoProducts), world.adapter(MongoReservations)
    StockKeeper(*stores, FakeClock(NOW)).reserve(ORDER)


def the_deleted_person_has_reviewed(world: World) -> None:
    the_product_is_in_stock(world)
    user_id, product_id = UserId(told("user.deleted").id), ProductId(PRODUCT.id)
    world.adapter(MongoPurchases).record(user_id, [product_id], NOW)
    review = Review(
        id=ReviewId(told("review.changed").review_id),
        product_id=product_id,
        user_id=user_id,
        author="Ann O.",
        rating=4,
        text="Good.",
        created_at=NOW,
    )
    world.adapter(MongoReviews).add(review)


def an_import_is_running(world: World) -> None:
    key, end = "imports/e1", CHUNK.offset + len(ROW)
    ended = Lane(offset=CHUNK.offset, end=CHUNK.offset, row=1)
    item = Import(
        id=ImportId(CHUNK.import_id),
        key=key,
        format="csv",
        columns=["sku", "title", "description", "category", "price", "stock"],
        by="root",
        rows=1,
        lanes=[ended, Lane(offset=CHUNK.offset, end=end, row=1)],
        created_at=NOW,
        moved_at=NOW,
    )
    world.adapter(StoredFiles).put(key, b"\n" * CHUNK.offset + ROW, "text/csv")
    world.adapter(MongoImports).add(item)


def the_reader_is_known(world: World) -> None:
    world.adapter(MongoRecipients).keep(told("user.registered"))


SEEDS: dict[str, tuple[Callable[[World], None], ...]] = {
    "orders": tuple(
        _order_that_is(status)
        for status in (Status.PENDING, Status.AWAITING_PAYMENT, Status.PAID, Status.CANCELLED)
    ),
    "cart": (the_cart_was_checked_out,),
    "payments": (the_payment_was_started, the_money_landed),
    "notifications": (the_reader_is_known,),
    "products": (
        the_product_is_in_stock,
        the_pieces_are_held,
        the_deleted_person_has_reviewed,
        an_import_is_running,
    ),
}


def seeds_of(context: str) -> tuple[Callable[[World], None], ...]:
    """The states of a context to begin with; a context without any begins with nothing."""
    return (nothing, *SEEDS.get(context, ()))
