"""The reactions and sweeps of the order saga."""

from functions.cart.reopen_cart import reopen_cart
from functions.cart.replicate_product_to_cart import replicate_product_to_cart
from functions.cart.settle_cart import settle_cart
from functions.cart.sweep_cart import sweep_cart
from functions.notifications.announce_order import announce_order
from functions.notifications.announce_payment import announce_payment
from functions.orders.confirm_order import confirm_order
from functions.orders.mark_order_paid import mark_order_paid
from functions.orders.mark_order_refunded import mark_order_refunded
from functions.orders.note_payment_failure import note_payment_failure
from functions.orders.note_payment_start import note_payment_start
from functions.orders.reject_order import reject_order
from functions.orders.replicate_product_to_orders import replicate_product_to_orders
from functions.orders.sweep_orders import sweep_orders
from functions.payments.replicate_order import replicate_order
from functions.payments.sweep_payments import sweep_payments
from functions.payments.void_payment import void_payment
from functions.products.release_reservation import release_reservation
from functions.products.reserve_stock import reserve_stock
from functions.products.settle_reservation import settle_reservation
from functions.products.sweep_products import sweep_products
from tests.saga.bus import Function

REACTIONS: tuple[Function, ...] = (
    reserve_stock,
    settle_reservation,
    release_reservation,
    replicate_product_to_cart,
    settle_cart,
    reopen_cart,
    replicate_product_to_orders,
    confirm_order,
    reject_order,
    note_payment_start,
    mark_order_paid,
    note_payment_failure,
    mark_order_refunded,
    replicate_order,
    void_payment,
    announce_order,
    announce_payment,
)
SWEEPS: dict[str, Function] = {
    "cart": sweep_cart,
    "orders": sweep_orders,
    "payments": sweep_payments,
    "products": sweep_products,
}
