"""What requests may say of a product."""

from typing import Annotated

from msgspec import Meta

from shared.kernel.money import Money
from shared.products.model import MAX_STOCK, Details
from shared.runtime.schema import Currency, Input, LongText, MinorUnits, ShortText

_NO_CONTROL = r"^[^\x00-\x1f]*$"
Category = Annotated[str, Meta(min_length=1, max_length=60, pattern=_NO_CONTROL)]
Sku = Annotated[str, Meta(min_length=1, max_length=64, pattern=_NO_CONTROL)]
Stock = Annotated[int, Meta(ge=0, le=MAX_STOCK)]


class Price(Input, frozen=True, kw_only=True):
    """A price in minor units."""

    amount: MinorUnits
    currency: Currency = "USD"


class NewProduct(Input, frozen=True, kw_only=True):
    """A product to sell; without a ``sku`` it is given one."""

    title: ShortText
    description: LongText = ""
    category: Category
    price: Price
    stock: Stock
    sku: Sku | None = None


class ProductChanges(Input, frozen=True, kw_only=True):
    """The fields to change; ``stock`` sets the free pieces."""

    title: ShortText | None = None
    description: LongText | None = None
    category: Category | None = None
    price: Price | None = None
    stock: Stock | None = None
    sku: Sku | None = None


def details_of(body: NewProduct | ProductChanges) -> Details:
    """The details as the model takes them, without outer blanks."""
    price = body.price
    return Details(
        sku=_stripped(body.sku),
        title=_stripped(body.title),
        description=body.description,
        category=_stripped(body.category),
        price=Money(price.amount, price.currency) if price else None,
    )


def _stripped(text: str | None) -> str | None:
    return text and text.strip()
