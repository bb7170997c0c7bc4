"""What goods cost in all: the shop's one rule for shipping, tax and discount."""

from dataclasses import dataclass

from shared.kernel.money import Money

SHIPPING_AMOUNT = 499
FREE_SHIPPING_FROM_AMOUNT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The sums of a cart; ``total`` is what the shopper pays."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


def goods_of(line_totals: list[Money]) -> Money:
    """The sum of line totals of one currency."""
    return sum(line_totals, Money(0, line_totals[0].currency) if line_totals else Money(0))


def price(line_totals: list[Money], discount: Money | None = None) -> Price:
    """The sums over line totals with a discount of at most all of them; an empty cart is free.

    Shipping goes by what the goods cost after the discount: so whatever is ordered has a price,
    and a payment to be made.
    """
    goods = goods_of(line_totals)
    nothing = Money(0, goods.currency)
    off = discount or nothing
    shipping = shipping_of(goods - off) if line_totals else nothing
    return Price(
        subtotal=goods, discount=off, shipping=shipping, tax=nothing, total=goods - off + shipping
    )


def shipping_of(goods: Money) -> Money:
    """A flat rate in minor units, free from a limit."""
    is_free = goods.amount >= FREE_SHIPPING_FROM_AMOUNT
    return Money(0 if is_free else SHIPPING_AMOUNT, goods.currency)
