"""Turns a checked-out cart into an order: one per state of the cart, at the orders' own prices."""

from collections.abc import Mapping
from datetime import datetime

from shared.contracts.orders import CheckoutLine, OrderLine, PlaceOrder
from shared.kernel.errors import Forbidden, Invalid, Unavailable
from shared.kernel.ids import OrderId, ProductId, UserId, new_id
from shared.kernel.money import Money
from shared.orders.model import (
    LIFETIME,
    Order,
    OutOfStock,
    PriceChanged,
    Product,
    Status,
    Step,
    key_of,
    new_number,
)
from shared.orders.ports import Orders, Products
from shared.runtime.telemetry import count, guard

_QUANTITIES = range(1, 100)


def place(wanted: PlaceOrder, orders: Orders, products: Products, now: datetime) -> Order:
    """The one order of this state of the cart, made now or before.

    Raises ``PriceChanged`` or ``OutOfStock`` when the products are not what the shopper saw,
    ``Invalid`` for an order that cannot be (no lines, impossible quantities, sums that do not add)
    and ``Forbidden`` when the account is gone.
    """
    if known := orders.by_key(key_of(wanted)):
        guard("repeated_order")
        return known
    if orders.has_forgotten(UserId(wanted.user_id)):
        raise Forbidden("This account was deleted; nothing can be ordered with it.")
    known_products = products.find(ProductId(line.product_id) for line in wanted.lines)
    lines = [_sold(line, known_products) for line in wanted.lines]
    _check_sums(wanted, lines)
    order = Order(
        id=OrderId(new_id()),
        key=key_of(wanted),
        number=new_number(),
        user_id=UserId(wanted.user_id),
        lines=lines,
        subtotal=wanted.subtotal,
        discount=wanted.discount,
        shipping=wanted.shipping,
        tax=wanted.tax,
        total=wanted.total,
        coupon=wanted.coupon,
        shipping_address=wanted.shipping_address,
        cart_id=wanted.cart_id,
        cart_version=wanted.cart_version,
        attempt=wanted.attempt,
        timeline=[Step(status=Status.PENDING.value, at=now)],
        created_at=now,
        expires_at=now + LIFETIME,
    )
    stored = orders.add(order)
    if stored.id == order.id:
        count("popshop.orders.placed")
    else:
        guard("repeated_order")
    return stored


def _sold(line: CheckoutLine, known: Mapping[ProductId, Product]) -> OrderLine:
    product = known.get(ProductId(line.product_id))
    if line.quantity not in _QUANTITIES:
        raise Invalid({"lines": f"{line.quantity} pieces of {line.product_id}; 1 to 99 are sold"})
    if product is None:
        raise Unavailable("A product of this cart is not known here yet; try again in a moment.")
    if product.deleted:
        raise OutOfStock(f"{product.title} is no longer sold.")
    if product.price != line.unit_price:
        raise PriceChanged(f"The price of {product.title} has changed.")
    return OrderLine(
        product_id=line.product_id,
        sku=product.sku,
        title=product.title,
        unit_price=product.price,
        quantity=line.quantity,
        line_total=product.price.times(line.quantity),
    )


def _check_sums(wanted: PlaceOrder, lines: list[OrderLine]) -> None:
    """The goods are counted anew; discount, shipping and tax are the cart's, within reason."""
    extras = (wanted.discount, wanted.shipping, wanted.tax)
    currencies = {money.currency for money in (*extras, wanted.subtotal, wanted.total)}
    if not lines or currencies != {lines[0].unit_price.currency}:
        raise Invalid({"lines": "an order has lines, all in the currency of its sums"})
    if len({line.unit_price.currency for line in lines}) > 1:
        raise Invalid({"lines": "an order is in one currency"})
    goods = sum((line.line_total for line in lines), Money(0, wanted.total.currency))
    total = goods - wanted.discount + wanted.shipping + wanted.tax
    if wanted.subtotal != goods or wanted.total != total:
        raise Invalid({"total": f"the goods make {goods.amount}, with extras {total.amount}"})
    if min(money.amount for money in extras) < 0 or wanted.discount.amount > goods.amount:
        raise Invalid({"discount": "discount, shipping and tax are not negative"})
