"""What the products context publishes: the product's state, and what became of a reservation."""

from dataclasses import dataclass, field

from shared.contracts.event import event_type
from shared.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductState:
    """A product as other contexts may know it; ``available`` is stock not held by orders."""

    id: str
    sku: str
    title: str
    category: str
    price: Money
    available: int
    thumbnail_url: str | None = None
    deleted: bool = False
    version: int


@event_type("product.created", context="products")
class ProductCreated(ProductState):
    """A product is on sale."""


@event_type("product.updated", context="products")
class ProductUpdated(ProductState):
    """A product or its stock changed."""


@event_type("product.deleted", context="products")
class ProductDeleted(ProductState):
    """A tombstone: the product is gone and stays gone; ``deleted`` is true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationLine:
    """So many pieces of a product held for an order."""

    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationState:
    """The hold of one order. ``state``: reserved or rejected; ``short`` names what was missing."""

    order_id: str
    state: str
    lines: list[ReservationLine] = field(default_factory=list)
    short: list[ReservationLine] = field(default_factory=list)
    version: int


@event_type("stock.reserved", context="products")
class StockReserved(ReservationState):
    """Everything the order wants is held for it."""


@event_type("stock.rejected", context="products")
class StockRejected(ReservationState):
    """Something was not available; nothing is held."""


@event_type("product.imported", context="products")
@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsImported:
    """The products of a chunk of an import file, each at its own version; nobody is told of them.

    Not one event per product: tens of thousands would keep the ordinary ones waiting for minutes.
    ``version`` is where the chunk begins in its lane of the file.
    """

    import_id: str
    lane: int
    products: list[ProductState]
    version: int


@event_type("import.chunked", context="products")
@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChunked:
    """The chunk at ``offset`` of a lane of an import file awaits its turn."""

    import_id: str
    lane: int
    offset: int
    version: int


@event_type("review.changed", context="products")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewChanged:
    """A review was written or erased: the product's rating is to be counted anew."""

    review_id: str
    product_id: str
    version: int
