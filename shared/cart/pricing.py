"""What a cart costs: goods, discount, shipping and tax."""

from dataclasses import dataclass

from shared.kernel.money import Money

SHIPPING_AMOUNT = 499
FREE_SHIPPING_FROM_AMOUNT = 5000
TAX_PERCENT = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The sums of a cart; ``total`` is what the shopper pays."""

    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money


def price(line_totals: list[Money], discount: Money | None = None) -> Price:
    """The sums over line totals of one currency; an empty cart costs nothing."""
    currency = line_totals[0].currency if line_totals else Money(0).currency
    nothing = Money(0, currency)
    subtotal = sum(line_totals, nothing)
    taken = Money(min(discount.amount, subtotal.amount), currency) if discount else nothing
    goods = subtotal - taken
    shipping = shipping_of(goods) if line_totals else nothing
    tax = goods.percent(TAX_PERCENT)
    return Price(
        subtotal=subtotal,
        discount=taken,
        shipping=shipping,
        tax=tax,
        total=goods + shipping + tax,
    )


def shipping_of(goods: Money) -> Money:
    """A flat rate (minor units), free from a limit; ``goods`` is after the discount."""
    is_free = goods.amount >= FREE_SHIPPING_FROM_AMOUNT
    return Money(0 if is_free else SHIPPING_AMOUNT, goods.currency)
