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


def price(line_totals: list[Money]) -> Price:
    """The sums over line totals of one currency; an empty cart costs nothing."""
    nothing = Money(0, line_totals[0].currency) if line_totals else Money(0)
    goods = sum(line_totals, nothing)
    shipping = shipping_of(goods) if line_totals else nothing
    return Price(
        subtotal=goods, discount=nothing, shipping=shipping, tax=nothing, total=goods + shipping
    )


def shipping_of(goods: Money) -> Money:
    """A flat rate in minor units, free from a limit."""
    is_free = goods.amount >= FREE_SHIPPING_FROM_AMOUNT
    return Money(0 if is_free else SHIPPING_AMOUNT, goods.currency)
