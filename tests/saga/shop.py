"""The shop of the order saga in one process: the real functions on fakes, joined by a bus."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.cart.add_cart_item import NewCartItem, add_cart_item
from functions.cart.apply_coupon import CartCoupon, apply_coupon
from functions.cart.checkout_cart import Address, CheckoutInput, checkout_cart
from functions.cart.get_cart import get_cart
from functions.orders.advance_order import Advance, advance_order
from functions.orders.cancel_order import cancel_order
from functions.orders.place_order import place_order
from functions.payments.receive_stripe_webhook import receive_stripe_webhook
from functions.payments.refund_payment import RefundInput, refund_payment
from functions.payments.start_payment import PaymentInput, start_payment
from functions.products.update_product import update_product
from shared.cart.mongo import MongoCarts
from shared.cart.mongo import MongoProducts as CartProducts
from shared.cart.mongo_coupons import MongoCoupons, MongoCouponUses
from shared.cart.orders_desk import HttpOrderDesk
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.contracts.products import ProductCreated, ProductUpdated
from shared.kernel.clock import SystemClock
from shared.kernel.ids import GuestId, OrderId, PaymentId, ProductId, UserId
from shared.kernel.money import Money
from shared.notifications.mongo import MongoInboxes
from shared.notifications.redis import RedisFeed
from shared.orders.mongo import MongoOrders
from shared.orders.mongo import MongoProducts as OrdersProducts
from shared.orders.mongo_sales import MongoSales
from shared.payments.mongo import MongoAnswers, MongoPayments
from shared.payments.mongo import MongoOrders as PaymentsOrders
from shared.payments.stripe_form import StripeCardForm
from shared.payments.stripe_gateway import StripeGateway
from shared.payments.stripe_webhooks import StripeWebhooks
from shared.products import mongo as products_mongo
from shared.products import mongo_reservations
from shared.products.inputs import Price, ProductChanges
from shared.products.model import Details, Product, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_imports import MongoImports
from shared.products.mongo_reservations import MongoReservations
from shared.products.mongo_reviews import MongoReviews
from shared.products.reservations import PENDING, Reservation
from shared.runtime.declare import spec_of
from shared.runtime.identity import Caller
from shared.runtime.request import Request, RequestInfo
from shared.runtime.wiring import Upload, parameters_of
from tests.fakes import cart, notifications, orders, payments, products, reviews
from tests.fakes.auth import FakeClock
from tests.saga.bus import Bus, Delivery, Function, Told, meta_of
from tests.saga.faults import Brittle, Faults
from tests.saga.reactions import REACTIONS, SWEEPS

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADMIN = Caller(user_id=UserId("root"), role="admin")
SHOPPERS = ("ada", "bob")
STOCK = {"lamp": 4, "rug": 2}
COUPON = cart.a_coupon(max_uses=2)
_ROUNDS, _ROUND_MINUTES = 3, 16
_ADDRESS = Address(name="Ada", line1="Main Street 1", city="Ulm", postal_code="89073", country="DE")
_INFO = RequestInfo(
    method="POST",
    path="/api",
    host="shop.localhost",
    cookies={},
    user_agent="test",
    client_ip="10.0.0.1",
    idempotency_key=None,
    is_page=False,
)


class Shop:
    """Five contexts; ``faults`` and ``bus.crashes`` break what comes next."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.faults = Faults()
        self.bus = Bus(REACTIONS)
        self.carts = cart.FakeCarts()
        self.uses = cart.FakeCouponUses()
        self.coupons = cart.FakeCoupons(self.uses)
        self.coupons.add(COUPON)
        self.orders = orders.FakeOrders()
        self.products = products.FakeProducts()
        self.reservations = products.FakeReservations()
        self.payments = payments.FakePayments()
        self.gateway = payments.FakeGateway()
        self.inboxes = notifications.FakeInboxes()
        self._connect()
        self._ports = self._wire()
        for name, pieces in STOCK.items():
            self.products.add(_product(name, pieces))
        self.deliver_all()

    def _connect(self) -> None:
        """What the stores tell goes over the bus."""
        self.carts.told = Told(self.bus.publish)
        self.orders.told = Told(self.bus.publish)
        self.payments.events = Told(self.bus.publish)
        self.products.told = Told(lambda item: self.bus.publish(_product_event(item)))
        self.reservations.told = Told(lambda item: self.bus.publish(_stock_event(item)))

    def _wire(self) -> dict[type, Any]:
        brittle: dict[type, Any] = {
            MongoCarts: self.carts,
            CartProducts: cart.FakeProducts(),
            MongoCoupons: self.coupons,
            MongoCouponUses: self.uses,
            HttpOrderDesk: self,
            MongoOrders: self.orders,
            MongoSales: orders.FakeSales(self.orders),
            OrdersProducts: orders.FakeProducts(),
            MongoProducts: self.products,
            MongoReservations: self.reservations,
            MongoPayments: self.payments,
            PaymentsOrders: payments.FakeOrders(),
            MongoAnswers: payments.FakeAnswers(),
            StripeGateway: self.gateway,
            MongoInboxes: self.inboxes,
            RedisFeed: notifications.FakeFeed(),
            MongoImports: products.FakeImports(),
            MongoReviews: reviews.FakeReviews(),
            MongoCatalogue: products.FakeCatalogue(self.products),
        }
        steady = {
            SystemClock: self.clock,
            StripeCardForm: payments.FakeCardForm(),
            StripeWebhooks: payments.FakeWebhooks(),
        }
        return {kind: Brittle(port, self.faults) for kind, port in brittle.items()} | steady

    def call(self, function: Function, **given: Any) -> Any:
        """The function with its ports filled; other parameters by name, else by their kind."""
        return function(
            **{
                item.name: self._ports[item.adapter]
                if item.adapter
                else given.get(item.name, given.get(item.kind))
                for item in parameters_of(spec_of(function))
            }
        )

    # ---- people

    def add(self, caller: Caller, product_id: str, quantity: int) -> None:
        item = NewCartItem(product_id=product_id, quantity=quantity)
        self.call(add_cart_item, body=item, caller=caller)

    def apply_coupon(self, caller: Caller) -> None:
        self.call(apply_coupon, body=CartCoupon(code=COUPON.code), caller=caller)

    def look_at_cart(self, caller: Caller) -> None:
        self.call(get_cart, caller=caller)

    def check_out(self, caller: Caller) -> str:
        body = CheckoutInput(shipping_address=_ADDRESS)
        return str(self.call(checkout_cart, body=body, caller=caller, info=_INFO).value.order_id)

    def start_payment(self, order_id: OrderId) -> None:
        body, buyer = PaymentInput(order_id=order_id), self._buyer(order_id)
        self.call(start_payment, body=body, caller=buyer, info=_INFO)

    def cancel(self, order_id: OrderId) -> None:
        self.call(cancel_order, order_id=order_id, caller=self._buyer(order_id))

    def advance(self, order_id: OrderId, status: Any) -> None:
        self.call(advance_order, order_id=order_id, body=Advance(status=status))

    def refund(self, payment_id: PaymentId, amount: int | None) -> None:
        body = RefundInput(amount=amount)
        self.call(refund_payment, payment_id=payment_id, caller=ADMIN, info=_INFO, body=body)

    def reprice(self, product_id: str, amount: int) -> None:
        body, wanted = ProductChanges(price=Price(amount=amount)), ProductId(product_id)
        self.call(update_product, product_id=wanted, body=body, caller=ADMIN)

    def _buyer(self, order_id: OrderId) -> Caller:
        return Caller(user_id=self.orders.by_id[order_id].user_id, role="user")

    # ---- machinery

    def place(self, order: PlaceOrder) -> PlacedOrder:
        """The cart's way to orders."""
        caller = Caller(user_id=UserId(order.user_id), role="user")
        placed: PlacedOrder = self.call(place_order, body=order, caller=caller)
        return placed

    def tell_by_webhook(self, intent_id: str) -> None:
        """Stripe sends a message; like any delivery it may be late, doubled or lost."""
        self.bus.waiting.append(Delivery(receive_stripe_webhook, intent_id))

    def deliver(self, delivery: Delivery) -> None:
        """One delivery; raises what the reaction raises: then it is to be delivered again."""
        if delivery.function is receive_stripe_webhook:
            upload = Upload(body=delivery.payload.encode(), media_type="application/json")
            request = Request({"REQUEST_METHOD": "POST", "HTTP_STRIPE_SIGNATURE": "good"})
            self.call(receive_stripe_webhook, upload=upload, request=request)
        else:
            meta = meta_of(delivery.payload, self.clock.now())
            self.call(delivery.function, payload=delivery.payload, meta=meta)

    def deliver_all(self) -> None:
        """Everything that waits and what follows from it, in order."""
        while self.bus.waiting:
            self.deliver(self.bus.waiting.pop(0))

    def sweep(self, context: str) -> None:
        self.bus.sweep(context)
        self.call(SWEEPS[context])

    def pass_time(self, minutes: int) -> None:
        self.clock.time += timedelta(minutes=minutes)

    def drain(self) -> None:
        """Nothing breaks any more; everybody comes back, every sweep runs, deadlines pass."""
        self.faults.countdown = 0
        self.bus.crashes.clear()
        for _ in range(_ROUNDS):
            self.pass_time(_ROUND_MINUTES)
            for name in SHOPPERS:
                self.look_at_cart(shopper(name, has_guest_cart=True))
            for context in SWEEPS:
                self.sweep(context)
            self.deliver_all()


def shopper(name: str, *, has_guest_cart: bool = False, is_guest: bool = False) -> Caller:
    """Somebody: logged in, a guest, or logged in with a guest's cart to bring along."""
    guest_id = GuestId(f"guest-of-{name}")
    if is_guest:
        return Caller(guest_id=guest_id)
    return Caller(user_id=UserId(name), guest_id=guest_id if has_guest_cart else None, role="user")


def _product(name: str, pieces: int) -> Product:
    details = Details(sku=name, title=name.title(), category="other", price=Money(1000))
    return new_product(ProductId(name), details, pieces, "root", NOW)


def _product_event(product: Product) -> Any:
    kind = ProductCreated if product.version == 1 else ProductUpdated
    return products_mongo._event(kind, product).payload


def _stock_event(reservation: Reservation) -> Any:
    (event,) = mongo_reservations._events(replace(reservation, state=PENDING), reservation)
    return event.payload
