"""Products: what is sold, at which price, and how many pieces are free (rules on one product)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.kernel.errors import Conflict, Invalid
from shared.kernel.ids import ImageId, ImportId, OrderId, ProductId
from shared.kernel.money import Money

MAX_STOCK = 1_000_000
KEPT_STOCK_CHANGES = 50


class OutOfStock(Conflict):
    """Fewer pieces are free than would be taken."""

    code = "out_of_stock"


class SkuTaken(Conflict):
    """Another product on sale has this SKU."""

    code = "sku_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A stored picture; ``width`` and ``height`` in pixels. The keys name objects of the store."""

    id: ImageId
    key: str
    thumbnail_key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """The reviews in short: the mean of 1 to 5 stars, and how many there are."""

    average: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Pieces held for an order.

    ``version`` is the product's when they were taken: a later hold of the order is another one.
    """

    order_id: OrderId
    quantity: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """An entry of the audit: who changed the free pieces by how many, to how many."""

    at: datetime
    by: str
    delta: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMark:
    """The row of an import file that a product was written by; the first data row is 1."""

    import_id: ImportId
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an administrator says of a product; ``None`` leaves a field as it is."""

    sku: str | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product. ``available`` are the free pieces: those in ``holds`` are not among them.

    ``returned`` remembers the orders whose sold pieces came back, so that they come back once.
    """

    id: ProductId
    sku: str
    title: str
    description: str
    category: str
    price: Money
    available: int
    images: list[Image] = field(default_factory=list)
    rating: Rating = field(default_factory=Rating)
    holds: list[Hold] = field(default_factory=list)
    returned: list[OrderId] = field(default_factory=list)
    stock_changes: list[StockChange] = field(default_factory=list)
    created_by: ImportMark | None = None
    imported: ImportMark | None = None
    deleted: bool = False
    created_at: datetime
    version: int = 1

    @property
    def in_stock(self) -> bool:
        """Whether at least one piece is free."""
        return self.available > 0

    def view(self) -> "ProductView":
        """What the API shows."""
        return ProductView(
            id=self.id,
            sku=self.sku,
            title=self.title,
            description=self.description,
            category=self.category,
            price=self.price,
            in_stock=self.in_stock,
            available=self.available,
            images=[image_view(image) for image in self.images],
            rating=self.rating,
            created_at=self.created_at,
            version=self.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """A picture as the API shows it."""

    id: ImageId
    url: str
    thumbnail_url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductView:
    """A product as the API shows it."""

    id: ProductId
    sku: str
    title: str
    description: str
    category: str
    price: Money
    in_stock: bool
    available: int
    images: list[ImageView]
    rating: Rating
    created_at: datetime
    version: int


def image_view(image: Image) -> ImageView:
    """The picture with its addresses (served by ``serve_image``)."""
    return ImageView(
        id=image.id,
        url=f"/media/{image.key}",
        thumbnail_url=f"/media/{image.thumbnail_key}",
        width=image.width,
        height=image.height,
    )


def sku_for(product_id: ProductId) -> str:
    """The SKU of a product that was given none."""
    return f"P-{product_id[-12:].upper()}"


def with_details(product: Product, details: Details) -> Product:
    """The next version with other details; the same product when nothing differs."""
    fields = ("sku", "title", "description", "category", "price")
    told = {name: getattr(details, name) for name in fields}
    given = {name: value for name, value in told.items() if value is not None}
    changed = replace(product, **given)
    return product if changed == product else next_version(changed)


def with_stock(product: Product, available: int, by: str, now: datetime) -> Product:
    """The next version with so many free pieces, audited; held pieces are not counted.

    Raises ``OutOfStock`` below 0 and ``Invalid`` above ``MAX_STOCK``.
    """
    if available < 0:
        raise OutOfStock(f"Only {product.available} are available; stock cannot go below 0.")
    if available > MAX_STOCK:
        raise Invalid({"stock": f"at most {MAX_STOCK}, not {available}"})
    if available == product.available:
        return product
    delta = available - product.available
    entry = StockChange(at=now, by=by, delta=delta, available=available)
    audit = [*product.stock_changes, entry][-KEPT_STOCK_CHANGES:]
    return next_version(replace(product, available=available, stock_changes=audit))


def deleted(product: Product) -> Product:
    """The tombstone: it keeps its holds, so that running orders end as they should."""
    return next_version(replace(product, deleted=True, images=[]))


def next_version(product: Product) -> Product:
    """The same product, one version on."""
    return replace(product, version=product.version + 1)


def new_product(
    product_id: ProductId, details: Details, stock: int, by: str, now: datetime
) -> Product:
    """A product at its first version; ``details`` has all but perhaps the SKU."""
    missing = _missing(details, ("title", "category", "price"))
    if missing or details.price is None:
        raise Invalid(dict.fromkeys(missing, "required"))
    empty = Product(
        id=product_id,
        sku=details.sku or sku_for(product_id),
        title=details.title or "",
        description=details.description or "",
        category=details.category or "",
        price=details.price,
        available=0,
        created_at=now,
    )
    return replace(with_stock(empty, stock, by, now), version=1)


def _missing(details: Details, names: Iterable[str]) -> list[str]:
    return [name for name in names if getattr(details, name) is None]
