from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.products.adjust_stock import StockAdjustment, adjust_stock
from functions.products.create_product import create_product
from functions.products.delete_product import delete_product
from functions.products.get_product import get_product
from functions.products.list_categories import list_categories
from functions.products.list_products import ProductPage, ProductsQuery, list_products
from functions.products.update_product import update_product
from shared.kernel.errors import Invalid, NotFound
from shared.kernel.ids import ProductId, UserId
from shared.kernel.money import Money
from shared.products.inputs import NewProduct, Price, ProductChanges
from shared.products.model import OutOfStock, ProductView, SkuTaken
from shared.runtime.identity import Caller
from tests.fakes.auth import FakeClock
from tests.fakes.products import FakeCatalogue, FakeProducts

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADMIN = Caller(user_id=UserId("admin-1"), role="admin")
NOBODY = ProductId("nothing")


@dataclass
class Shop:
    products: FakeProducts = field(default_factory=FakeProducts)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def create(self, title: str = "Tea", **more: Any) -> ProductView:
        fields: dict[str, Any] = {
            "category": "drinks",
            "price": Price(amount=500),
            "stock": 3,
        } | more
        self.clock.time += timedelta(minutes=1)
        body = NewProduct(title=title, **fields)
        return create_product(body, ADMIN, self.products, self.clock).value

    def change(self, product: ProductView, **changes: Any) -> ProductView:
        body = ProductChanges(**changes)
        return update_product(product.id, body, ADMIN, self.products, self.clock)

    def stock(self, product: ProductView, **adjustment: int) -> ProductView:
        body = StockAdjustment(**adjustment)
        return adjust_stock(product.id, body, ADMIN, self.products, self.clock)

    def page(self, **query: Any) -> ProductPage:
        catalogue = FakeCatalogue(self.products)
        return list_products(ProductsQuery(**query), catalogue, self.products)

    def titles(self, **query: Any) -> list[str]:
        return [product.title for product in self.page(**query).items]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_created_product_is_shown_and_told(shop):
    made = shop.create(title=" Green tea ", description="Sencha")
    shown = get_product(made.id, shop.products)
    assert shown == made
    assert (shown.title, shown.price, shown.available) == ("Green tea", Money(500), 3)
    assert shown.in_stock
    assert shown.sku == f"P-{made.id[-12:].upper()}"
    assert [product.version for product in shop.products.told] == [1]


def test_creating_tells_where_the_product_is(shop):
    body = NewProduct(title="Tea", category="drinks", price=Price(amount=1), stock=0)
    reply = create_product(body, ADMIN, shop.products, shop.clock)
    assert reply.location == f"/api/products/{reply.value.id}"
    assert not reply.value.in_stock


def test_the_first_stock_is_on_record(shop):
    made = shop.create(stock=3)
    (change,) = shop.products.by_id[made.id].stock_changes
    assert (change.by, change.delta, change.available) == ("admin-1", 3, 3)


def test_a_sku_is_sold_once(shop):
    tea = shop.create(sku="T1")
    other = shop.create()
    with pytest.raises(SkuTaken):
        shop.create(sku="T1")
    with pytest.raises(SkuTaken):
        shop.change(other, sku="T1")
    delete_product(tea.id, shop.products)
    assert shop.create(sku="T1").sku == "T1"


def test_an_update_changes_what_is_given_alone(shop):
    made = shop.create(description="Sencha")
    after = shop.change(made, title="Black tea", price=Price(amount=700, currency="EUR"), stock=9)
    assert (after.title, after.description, after.category) == ("Black tea", "Sencha", "drinks")
    assert (after.price, after.available) == (Money(700, "EUR"), 9)
    assert after.version > made.version


def test_an_update_that_says_nothing_new_makes_no_version(shop):
    made = shop.create()
    assert shop.change(made).version == 1
    assert shop.change(made, title="Tea", stock=3).version == 1
    assert len(shop.products.told) == 1


def test_parallel_changes_all_count(shop):
    made = shop.create()
    shop.products.before_save = lambda: shop.change(made, title="Rival") and None
    after = shop.change(made, category="plants")
    assert (after.title, after.category) == ("Rival", "plants")


def test_a_deleted_product_is_gone_and_told_as_a_tombstone(shop):
    made = shop.create()
    delete_product(made.id, shop.products)
    tombstone = shop.products.told[-1]
    assert (tombstone.deleted, tombstone.version) == (True, 2)
    assert shop.page().total == 0
    for call in (
        lambda: get_product(made.id, shop.products),
        lambda: delete_product(made.id, shop.products),
        lambda: shop.change(made, title="x"),
        lambda: shop.stock(made, delta=1),
    ):
        with pytest.raises(NotFound):
            call()


def test_an_unknown_product_is_not_found(shop):
    with pytest.raises(NotFound):
        get_product(NOBODY, shop.products)


def test_stock_goes_up_and_down_and_to_a_number(shop):
    made = shop.create(stock=3)
    assert shop.stock(made, delta=4).available == 7
    assert shop.stock(made, delta=-7).available == 0
    assert shop.stock(made, set_to=12).available == 12
    changes = shop.products.by_id[made.id].stock_changes
    assert [(change.delta, change.available) for change in changes[1:]] == [
        (4, 7),
        (-7, 0),
        (12, 12),
    ]


def test_stock_never_goes_below_none(shop):
    made = shop.create(stock=3)
    with pytest.raises(OutOfStock, match="Only 3 are available"):
        shop.stock(made, delta=-4)
    assert get_product(made.id, shop.products).available == 3


def test_stock_has_a_ceiling(shop):
    made = shop.create(stock=1_000_000)
    with pytest.raises(Invalid, match="at most 1000000"):
        shop.stock(made, delta=1)


@pytest.mark.parametrize("adjustment", [{}, {"delta": 1, "set_to": 1}])
def test_an_adjustment_is_either_delta_or_set(shop, adjustment):
    made = shop.create()
    with pytest.raises(Invalid, match="either delta or set"):
        shop.stock(made, **adjustment)


# ---- lists


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.create("Red kettle", category="kitchen", price=Price(amount=4000), stock=0)
    shop.create("Blue kettle", category="kitchen", price=Price(amount=3000), stock=5)
    shop.create(
        "Headphones", category="audio", price=Price(amount=9000), description="for a kettle"
    )
    shop.create("Café speaker", category="audio", price=Price(amount=2000))
    return shop


def test_the_newest_come_first_in_pages(stocked):
    assert stocked.titles(page_size=3) == ["Café speaker", "Headphones", "Blue kettle"]
    last = stocked.page(page=2, page_size=3)
    assert [product.title for product in last.items] == ["Red kettle"]
    assert (last.total, last.page, last.page_size) == (4, 2, 3)
    assert stocked.titles(page=3, page_size=3) == []


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"category": "audio"}, ["Café speaker", "Headphones"]),
        ({"category": "none"}, []),
        ({"min_price": 3000, "max_price": 4000}, ["Blue kettle", "Red kettle"]),
        ({"max_price": 0}, []),
        ({"in_stock": True, "category": "kitchen"}, ["Blue kettle"]),
        ({"in_stock": False}, ["Red kettle"]),
        ({"sort": "price"}, ["Café speaker", "Blue kettle", "Red kettle", "Headphones"]),
        ({"sort": "-price"}, ["Headphones", "Red kettle", "Blue kettle", "Café speaker"]),
        ({"search": "kettle"}, ["Blue kettle", "Red kettle", "Headphones"]),
        ({"search": "KETT", "sort": "newest"}, ["Headphones", "Blue kettle", "Red kettle"]),
        ({"search": "kettle red"}, ["Red kettle"]),
        ({"search": "cafe"}, ["Café speaker"]),
        ({"search": "kettle audio"}, ["Headphones"]),
        ({"search": "teapot"}, []),
        ({"search": ".*"}, []),
        ({"search": "  "}, ["Café speaker", "Headphones", "Blue kettle", "Red kettle"]),
    ],
)
def test_filters_searches_and_sorts(stocked, query, titles):
    assert stocked.titles(**query) == titles
    assert stocked.page(**query).total == len(titles)


def test_each_facet_is_counted_without_its_own_filter(stocked):
    facets = stocked.page(category="audio", max_price=3000).facets
    assert {item.name: item.count for item in facets.categories} == {"audio": 1, "kitchen": 1}
    assert (facets.price.min, facets.price.max) == (2000, 9000)


def test_facets_follow_the_other_filters(stocked):
    facets = stocked.page(search="kettle", in_stock=True).facets
    assert {item.name: item.count for item in facets.categories} == {"audio": 1, "kitchen": 1}
    assert (facets.price.min, facets.price.max) == (3000, 9000)


def test_an_empty_result_has_empty_facets(shop):
    facets = shop.page().facets
    assert facets.categories == []
    assert (facets.price.min, facets.price.max) == (0, 0)


def test_the_categories_of_what_is_on_sale(stocked):
    items = list_categories(FakeCatalogue(stocked.products)).items
    assert [(item.name, item.count) for item in items] == [("audio", 2), ("kitchen", 2)]
