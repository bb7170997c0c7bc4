from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from shared.kernel.ids import ImageId, ImportId, OrderId, ProductId
from shared.kernel.money import Money
from shared.products import condensed, mongo_catalogue
from shared.products.catalogue import Wanted
from shared.products.gallery import with_image
from shared.products.holds import with_hold, without_hold
from shared.products.model import (
    Details,
    Image,
    ImportMark,
    Product,
    Rating,
    SkuTaken,
    deleted,
    new_product,
    next_version,
    with_details,
    with_stock,
)
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.ports import Catalogue, Products
from shared.runtime.mongo import collection
from tests.contracts.listener import hang_up
from tests.fakes.products import FakeCatalogue, FakeProducts

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def ports(request: pytest.FixtureRequest) -> tuple[Products, Catalogue]:
    if request.param == "fake":
        fake = FakeProducts()
        return fake, FakeCatalogue(fake)
    database, sink = request.getfixturevalue("database"), request.getfixturevalue("sink")
    return MongoProducts(database, sink.settings), MongoCatalogue(database)


@pytest.fixture
def products(ports: tuple[Products, Catalogue]) -> Products:
    return ports[0]


@pytest.fixture
def catalogue(ports: tuple[Products, Catalogue]) -> Catalogue:
    return ports[1]


def a_product(name: str = "p1", sku: str = "", minute: int = 0, **more) -> Product:
    details = Details(
        sku=sku or f"SKU-{name}",
        title=more.pop("title", f"Title {name}"),
        description="words",
        category=more.pop("category", "drinks"),
        price=Money(more.pop("amount", 500)),
    )
    made = new_product(ProductId(name), details, 3, "admin", NOW + timedelta(minutes=minute))
    return replace(made, **more)


def change(products: Products, before: Product, after: Product) -> Product:
    assert products.save(before, after)
    return after


def test_a_product_comes_back_as_it_was_stored(products):
    rich = a_product(
        images=[
            Image(id=ImageId("i"), key="k", thumbnail_key="t", width=1, height=2),
        ],
        rating=Rating(average=4.5, count=2),
        created_by=ImportMark(import_id=ImportId("x"), row=7),
        imported=ImportMark(import_id=ImportId("x"), row=7),
    )
    products.add(rich)
    assert products.get(rich.id) == rich
    assert products.find([rich.id, ProductId("other")]) == {rich.id: rich}
    assert products.by_skus(["SKU-p1", "other"]) == {"SKU-p1": rich}
    assert products.find([]) == products.by_skus([]) == {}
    assert products.get(ProductId("other")) is None


def test_only_the_next_version_of_what_is_stored_is_stored(products):
    first = a_product()
    products.add(first)
    second = with_hold(with_stock(first, 9, "admin", NOW), OrderId("o"), 2)
    second = replace(second, version=2)
    assert products.save(first, second)
    assert not products.save(first, replace(first, title="late", version=2))
    assert products.get(first.id) == second
    third = without_hold(second, OrderId("o"))
    assert products.save(second, third)
    assert products.get(first.id) == third


def test_many_are_stored_at_once_but_for_those_that_lost_a_race(products, catalogue):
    first, second, taken = (a_product(name, name.upper()) for name in ("p1", "p2", "p3"))
    products.add(first)
    products.add(second)
    products.add(taken)
    newer = change(products, second, with_details(second, Details(title="Newer")))
    changes = [
        (first, mark(first, title="Imported")),
        (second, mark(second, title="Too late")),
        (None, mark(a_product("p4", "P3"))),
        (None, mark(a_product("p5", "P5"))),
    ]
    assert products.store_untold(changes) == {"p1", "p5"}
    assert products.by_skus(["P1", "P2", "P3", "P5"]) == {
        "P1": changes[0][1],
        "P2": newer,
        "P3": taken,
        "P5": changes[3][1],
    }
    assert catalogue.search(Wanted(search="imported")).ids == ["p1"]
    assert catalogue.search(Wanted()).total == 4
    assert products.store_untold([]) == set()


def test_the_same_written_by_a_repeated_chunk_counts_as_stored(products):
    first = a_product()
    products.add(first)
    after = mark(first, title="Imported")
    for _ in range(2):
        assert products.store_untold([(first, after)]) == {"p1"}
    assert products.store_untold([(first, replace(after, title="Other", imported=None))]) == set()
    assert products.get(first.id) == after


def mark(product: Product, **more) -> Product:
    """As a row of an import leaves it."""
    row = ImportMark(import_id=ImportId("x"), row=7)
    version = product.version + 1 if more else product.version
    return replace(product, imported=row, version=version, **more)


def test_a_sku_is_sold_once(products):
    first, other = a_product("p1", "S"), a_product("p2")
    products.add(first)
    products.add(other)
    with pytest.raises(SkuTaken):
        products.add(a_product("p3", "S"))
    with pytest.raises(SkuTaken):
        products.save(other, with_details(other, Details(sku="S")))
    change(products, first, deleted(first))
    assert products.by_skus(["S"]) == {}
    products.add(a_product("p3", "S"))
    assert products.by_skus(["S"])["S"].id == "p3"


def test_two_deleted_products_may_have_had_one_sku(products):
    for name in ("p1", "p2"):
        product = a_product(name, "S")
        products.add(product)
        change(products, product, deleted(product))
    assert products.get(ProductId("p1")) is not None


def test_the_catalogue_sees_every_change_at_once(products, catalogue):
    assert catalogue.search(Wanted()).total == 0
    first, other = a_product("p1", title="Green tea"), a_product("p2", minute=1)
    products.add(first)
    assert catalogue.search(Wanted(search="green")).ids == ["p1"]
    products.add(other)
    assert catalogue.search(Wanted()).ids == ["p2", "p1"]
    second = change(products, first, with_details(first, Details(title="Pot", category="x")))
    assert catalogue.search(Wanted(search="green")).ids == []
    assert [item.name for item in catalogue.categories()] == ["drinks", "x"]
    third = change(products, second, with_stock(second, 0, "admin", NOW))
    assert catalogue.search(Wanted(in_stock=True)).ids == ["p2"]
    fourth = change(
        products, third, next_version(replace(third, rating=Rating(average=4, count=1)))
    )
    assert catalogue.search(Wanted(sort="rating")).ids == ["p1", "p2"]
    change(products, fourth, deleted(fourth))
    assert catalogue.search(Wanted()).ids == ["p2"]


def test_an_early_catalogue_and_a_late_one_agree(products, catalogue):
    for number in range(30):
        made = a_product(f"p{number:02}", minute=number, amount=number)
        products.add(made)
        catalogue.search(Wanted())
        if number % 3 == 0:
            change(products, made, deleted(made))
    assert catalogue.search(Wanted(page_size=100)).total == 20
    assert catalogue.search(Wanted(page_size=2, page=3, min_price=5)).ids == ["p23", "p22"]


@pytest.mark.engines
def test_a_cold_catalogue_begins_with_the_condensed_copy(database, sink, monkeypatch):
    monkeypatch.setattr(mongo_catalogue, "_MIN_CHANGES", 3)
    products = MongoProducts(database, sink.settings)
    made = [a_product(f"p{number}", title=f"Tea {number}", minute=number) for number in range(4)]
    for product in made[:2]:
        products.add(product)
    assert not MongoCatalogue(database).condense()
    products.add(made[2])
    assert MongoCatalogue(database).condense()
    assert not MongoCatalogue(database).condense()
    # Only what was listed since is read: a product that the copy alone knows is found all the same.
    collection(database, "products").delete_one({"_id": "p0"})
    products.add(made[3])
    change(products, made[1], deleted(made[1]))
    cold = MongoCatalogue(database)
    assert cold.search(Wanted()).ids == ["p3", "p2", "p0"]
    assert cold.search(Wanted(search="tea 0")).ids == ["p0"]
    assert cold.search(Wanted(search="tea")).total == 3


@pytest.mark.engines
def test_a_copy_that_lost_a_part_is_not_used_and_made_anew(database, sink, monkeypatch):
    monkeypatch.setattr(mongo_catalogue, "_MIN_CHANGES", 1)
    monkeypatch.setattr(condensed, "_PART", 2)
    products = MongoProducts(database, sink.settings)
    for number in range(5):
        products.add(a_product(f"p{number}", minute=number))
    assert MongoCatalogue(database).condense()
    parts = collection(database, "condensed")
    assert parts.count_documents({"copy": "rows"}) == 3
    parts.delete_one({"copy": "rows"})
    assert MongoCatalogue(database).search(Wanted()).total == 5
    assert MongoCatalogue(database).condense()
    assert parts.count_documents({"copy": "rows"}) == 3


@pytest.mark.engines
def test_every_write_tells_the_state_in_order(database, sink, told):
    products = MongoProducts(database, sink.settings)
    first = a_product()
    products.add(first)
    image = Image(id=ImageId("i"), key="k", thumbnail_key="t", width=1, height=2)
    second = change(products, first, with_image(first, image))
    held = change(products, second, with_hold(second, OrderId("o"), 1))
    gone = change(products, held, deleted(held))
    change(products, gone, without_hold(gone, OrderId("o")))
    assert told() == [
        ("product-created", "p1", 1),
        ("product-updated", "p1", 2),
        ("product-updated", "p1", 3),
        ("product-deleted", "p1", 4),
    ]
    document = collection(database, "products").find_one({"_id": "p1"})
    assert document is not None
    assert document["outbox"] == []


@pytest.mark.engines
def test_what_an_import_stores_is_for_the_import_to_tell(database, sink, told):
    products = MongoProducts(database, sink.settings)
    first = a_product()
    products.store_untold([(None, first)])
    products.store_untold([(first, mark(first, title="Imported"))])
    assert told() == []
    later = products.get(first.id)
    assert later is not None
    change(products, later, with_stock(later, 1, "admin", NOW))
    assert told() == [("product-updated", "p1", 3)]


@pytest.mark.engines
def test_what_could_not_be_told_waits_in_the_document(database, sink):
    sink.is_down = True
    products = MongoProducts(database, sink.settings)
    products.add(a_product())
    document = collection(database, "products").find_one({"outbox.id": {"$exists": True}})
    assert document is not None
    assert [entry["topic"] for entry in document["outbox"]] == ["product.created"]


@pytest.mark.engines
def test_of_parallel_holds_exactly_as_many_succeed_as_there_are_pieces(database, sink):
    products = MongoProducts(database, sink.settings)
    products.add(replace(a_product(), available=5))
    sold: list[int] = []

    def buy(number: int) -> None:
        try_to_buy(number)
        hang_up()

    def try_to_buy(number: int) -> None:
        while (product := products.get(ProductId("p1"))) and product.available:
            if products.save(product, with_hold(product, OrderId(f"o{number}"), 1)):
                sold.append(number)
                return

    threads = [Thread(target=buy, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    product = products.get(ProductId("p1"))
    assert product is not None
    assert (len(sold), product.available, len(product.holds)) == (5, 0, 5)
