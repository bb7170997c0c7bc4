"""What the products context needs from outside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from shared.kernel.ids import ImportId, OrderId, ProductId, UserId
from shared.kernel.paging import Page
from shared.products.catalogue import CategoryCount, Found, Wanted
from shared.products.imports import Chunk, Import, Outcome
from shared.products.model import Product, Rating
from shared.products.purchases import Pair, Purchase
from shared.products.reservations import Reservation
from shared.products.reviews import Review, ReviewId


class Products(Protocol):
    """The products; every write but an import's tells the other contexts the new state."""

    def get(self, product_id: ProductId) -> Product | None:
        """The product, also a deleted one."""

    def find(self, product_ids: Iterable[ProductId]) -> dict[ProductId, Product]:
        """The known ones of these products, deleted ones included."""

    def by_skus(self, skus: Iterable[str]) -> dict[str, Product]:
        """The products on sale with these SKUs."""

    def add(self, product: Product) -> None:
        """Stores a new product; ``SkuTaken`` if one on sale has its SKU."""

    def save(self, before: Product, after: Product) -> bool:
        """Stores ``after`` if the product is still at the version of ``before``.

        Raises ``SkuTaken`` as ``add`` does.
        """

    def store_untold(self, changes: Sequence[tuple[Product | None, Product]]) -> set[ProductId]:
        """Stores new products and next versions, of different SKUs, at once and tells nobody.

        The ids of those stored; the others lost a race. Whoever calls tells: of an import, its
        chunk does (see ``Imports.advance``), and a chunk that died is repeated until it has.
        """

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Catalogue(Protocol):
    """The products on sale, to search and count."""

    def search(self, wanted: Wanted) -> Found:
        """A page of ids with the total and the facets, as the products are now."""

    def categories(self) -> list[CategoryCount]:
        """The categories of the products on sale, by name."""

    def condense(self) -> bool:
        """Stores what a cold function begins with, if much has changed; whether it did."""


class Reservations(Protocol):
    """The reservations, one per order."""

    def get(self, order_id: OrderId) -> Reservation | None:
        """The reservation of an order."""

    def add(self, reservation: Reservation) -> bool:
        """Stores a first one; false if the order has one."""

    def save(self, before: Reservation, after: Reservation) -> bool:
        """Stores ``after`` if the reservation is still at the version of ``before``.

        Becoming reserved or rejected is told to the other contexts in the same write.
        """

    def left_open(self, before: datetime) -> list[Reservation]:
        """Reservations with something left to do since before then, at most 500."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Imports(Protocol):
    """The imports and how far each has come."""

    def get(self, import_id: ImportId) -> Import | None:
        """The import with this id."""

    def add(self, item: Import) -> None:
        """Stores a new import and asks for the first chunk of every lane."""

    def advance(self, item: Import, chunk: Chunk, outcome: Outcome, now: datetime) -> bool:
        """Counts a chunk's rows, tells its products, asks for the next; false if counted before."""

    def fail(self, item: Import, message: str, now: datetime) -> None:
        """Gives the whole import up."""

    def ask_again(self, item: Import, now: datetime) -> None:
        """Asks for the next chunk of every lane that has not ended."""

    def recent(self, limit: int) -> list[Import]:
        """The newest imports, the newest first."""

    def left_running(self, before: datetime) -> list[Import]:
        """Imports that have not moved since, at most 100."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Purchases(Protocol):
    """Who has bought what."""

    def record(
        self, user_id: UserId, product_ids: Sequence[ProductId], bought_at: datetime
    ) -> None:
        """Notes that a user has bought these; nothing of one who was forgotten, before or since."""

    def has_bought(self, user_id: UserId, product_id: ProductId) -> bool:
        """Whether a user has bought a product."""

    def of_user(self, user_id: UserId) -> list[Purchase]:
        """All that a user has bought, the newest purchase first."""

    def forget(self, user_id: UserId) -> None:
        """Removes a user's purchases and keeps none from now on."""

    def is_forgotten(self, user_id: UserId) -> bool:
        """Whether a user was forgotten, for good."""


class Pairings(Protocol):
    """Which products were bought together, and in how many orders; nothing about by whom."""

    def count(self, order_id: OrderId, pairs: Sequence[Pair]) -> None:
        """Counts an order for its pairs; again for the same order changes nothing."""

    def bought_with(self, product_id: ProductId, limit: int) -> list[ProductId]:
        """The products bought together with this one, those in the most orders first."""


class Reviews(Protocol):
    """The reviews; writing and erasing are told, so that ratings follow."""

    def get(self, review_id: ReviewId) -> Review | None:
        """The review with this id; none if it was erased."""

    def add(self, review: Review) -> None:
        """Stores a review; ``AlreadyReviewed`` if its user has one of its product."""

    def of_product(self, product_id: ProductId, page: int, page_size: int) -> Page[Review]:
        """A page of a product's reviews, the newest first."""

    def of_user(self, user_id: UserId) -> list[Review]:
        """All that a user has written, the newest first."""

    def rating(self, product_id: ProductId) -> Rating:
        """What a product's reviews make together now."""

    def erase(self, user_id: UserId) -> None:
        """Erases all that a user has written."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Pictures(Protocol):
    """Makes pictures safe to show."""

    def prepare(self, body: bytes) -> "Prepared":
        """The picture re-encoded, and a small one.

        Raises ``UnsupportedMediaType`` for what is no JPEG, PNG or WebP and ``TooLarge`` above 40
        megapixels.
        """


class Prepared(Protocol):
    """A picture ready to be stored; sizes in pixels."""

    @property
    def body(self) -> bytes:
        """The picture in WebP."""

    @property
    def thumbnail(self) -> bytes:
        """The small one in WebP."""

    @property
    def width(self) -> int:
        """Of the picture."""

    @property
    def height(self) -> int:
        """Of the picture."""


class Files(Protocol):
    """Bytes by key: pictures and import files."""

    def put(self, key: str, body: bytes, media_type: str) -> None:
        """Stores a file, replacing one of that key."""

    def get(self, key: str, offset: int = 0, length: int = 0) -> bytes:
        """A file's bytes, or ``length`` of them from ``offset``; ``NotFound`` if there is none."""

    def delete(self, keys: Sequence[str]) -> None:
        """Removes files; those that are gone already are no error."""
