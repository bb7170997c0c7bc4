"""The pages of the list, of a product and of what is recommended with it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.products.get_product import get_product
from functions.products.list_products import list_products
from functions.products.list_recommendations import list_recommendations
from shared.kernel.ids import ImageId, OrderId, ProductId
from shared.kernel.money import Money
from shared.products.model import Details, Image, Product, Rating, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_pairings import MongoPairings
from tests.fakes.products import FakeCatalogue, FakeImports, FakeProducts
from tests.fakes.purchases import FakePairings
from tests.functions.products.test_http import ADMIN, SHOPPER, Host
from tests.functions.web import fill_ports

DAY = datetime(2026, 11, 25, tzinfo=UTC)
ANYBODY: dict[str, Any] = {"caller": None}
OFFICE: dict[str, Any] = {"host": "admin.localhost"}


@pytest.fixture
def pairings() -> FakePairings:
    return FakePairings()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, pairings: FakePairings) -> Host:
    products = FakeProducts()
    adapters: dict[type, Any] = {
        MongoProducts: products,
        MongoCatalogue: FakeCatalogue(products),
        MongoPairings: pairings,
    }
    fill_ports(monkeypatch, adapters)
    return Host(products, FakeImports())


def a_picture(number: int) -> Image:
    return Image(
        id=ImageId(f"i{number}"),
        key=f"p/{number}.webp",
        thumbnail_key=f"p/{number}-small.webp",
        width=800,
        height=600,
    )


def sell(host: Host, name: str, **changes: Any) -> Product:
    details = Details(title=f"Title of {name}", category="kitchen", price=Money(1299))
    product = new_product(ProductId(name), details, 9, "admin", DAY)
    host.products.add(replace(product, **changes))
    return product


# ---- one product


def test_a_product_without_pictures_says_so(host):
    sell(host, "tea")
    page = host.page(get_product, "/products/tea", **ANYBODY)
    assert "No picture yet" in page
    assert 'id="thumbnails"' not in page


def test_one_picture_is_shown_large_and_linked(host):
    sell(host, "tea", images=[a_picture(1)])
    page = host.page(get_product, "/products/tea", **ANYBODY)
    assert 'href="/media/p/1.webp" hx-boost="false"' in page
    assert 'alt="Title of tea, picture 1"' in page
    assert 'id="thumbnails"' not in page


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("", 1), ("?picture=2", 2), ("?picture=3", 3), ("?picture=9", 3), ("?picture=-1", 1)],
)
def test_a_thumbnail_of_each_picture_leads_to_it(host, asked, shown):
    sell(host, "tea", images=[a_picture(number) for number in (1, 2, 3)])
    page = host.page(get_product, f"/products/tea{asked}", **ANYBODY)
    assert re.findall(r'src="/media/p/(\d)-small.webp"', page) == ["1", "2", "3"]
    assert re.findall(r'src="/media/p/(\d).webp"', page) == [str(shown)]
    assert f'href="/products/tea?picture={shown}" aria-current="true"' in page


def test_htmx_gets_the_gallery_alone(host):
    sell(host, "tea", images=[a_picture(1), a_picture(2)])
    headers = {"hx_request": "true", "hx_target": "gallery"}
    part = host.page(get_product, "/products/tea?picture=2", **ANYBODY, **headers)
    assert part.lstrip().startswith('<div id="gallery">')
    assert "<h1" not in part


def test_a_rating_is_stars_and_words_that_lead_to_the_reviews(host):
    sell(host, "tea", rating=Rating(average=3.5, count=1))
    sell(host, "pot")
    page = host.page(get_product, "/products/tea", **ANYBODY)
    assert 'aria-hidden="true">★★★★☆</span>' in page
    assert '<a href="/products/tea/reviews">3.5 of 5 stars, 1 review</a>' in page
    unrated = host.page(get_product, "/products/pot", **ANYBODY)
    assert '<a href="/products/pot/reviews">No reviews yet</a>' in unrated


def test_reviews_and_recommendations_are_loaded_after_the_page(host):
    sell(host, "tea")
    page = host.page(get_product, "/products/tea", **ANYBODY)
    for name in ("reviews", "recommendations"):
        assert f'<div id="{name}" hx-get="/products/tea/{name}" hx-trigger="load">' in page
        assert f'<a href="/products/tea/{name}">' in page  # without script


# ---- what is recommended


def test_recommendations_in_json_are_products(host, pairings):
    sell(host, "tea")
    sell(host, "pot", category="pots")
    sell(host, "cup")
    pairings.count(OrderId("o1"), [(ProductId("pot"), ProductId("tea"))])
    answer = host.call(
        list_recommendations, "GET", "/api/products/tea/recommendations", caller=None
    )
    items = json.loads(answer.body)["items"]
    assert [item["id"] for item in items] == ["pot", "cup"]
    shown = host.call(get_product, "GET", "/api/products/pot", caller=None)
    assert items[0] == json.loads(shown.body)


def test_recommendations_of_an_unknown_product_are_not_found(host):
    path = "/api/products/none/recommendations"
    answer = host.call(list_recommendations, "GET", path, caller=None)
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "not_found")


def test_recommendations_are_a_page_and_a_part_of_one(host):
    path = "/products/tea/recommendations"
    sell(host, "tea")
    assert "Nothing else" in host.page(list_recommendations, path, **ANYBODY)
    sell(host, "pot")
    page = host.page(list_recommendations, path, **ANYBODY)
    assert page.count("<h1") == 1
    assert 'href="/products/tea"' in page
    headers = {"hx_request": "true", "hx_target": "recommendations"}
    part = host.page(list_recommendations, path, **ANYBODY, **headers)
    assert "<h1" not in part
    assert 'data-product="pot"' in part


# ---- the list


def test_a_card_tells_rating_and_stock(host):
    sell(host, "tea", rating=Rating(average=4.0, count=12))
    sell(host, "pot", available=2)
    sell(host, "cup", available=0)
    page = host.page(list_products, "/products", **ANYBODY)
    assert "4.0 of 5 (12)" in page
    for words in ("In stock", "Only 2 left", "Sold out"):
        assert words in page


def test_the_part_with_the_list_keeps_the_category_for_the_next_search(host):
    sell(host, "tea")
    kept = '<input type="hidden" form="filters" name="category" value="kitchen">'
    headers = {"hx_request": "true", "hx_target": "product-list"}
    for more in (headers, {}):
        assert kept in host.page(list_products, "/products?category=kitchen", **ANYBODY, **more)
        assert kept not in host.page(list_products, "/products", **ANYBODY, **more)
    assert 'id="filters"' in host.page(list_products, "/products", **ANYBODY)


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "rating", "relevance"])
def test_every_order_can_be_chosen_and_is_shown_as_chosen(host, sort):
    page = host.page(list_products, f"/products?sort={sort}", **ANYBODY)
    assert f'<option value="{sort}" selected>' in page


# ---- the back office


@pytest.mark.parametrize(
    ("function", "path", "form"),
    [
        (list_products, "/products", 'id="new-product"'),
        (get_product, "/products/tea", 'id="details"'),
    ],
)
def test_only_administrators_see_the_forms(host, function, path, form):
    sell(host, "tea")
    by_name = {"cookie": "shop-name=Ann"}
    assert form in host.page(function, path, caller=ADMIN, **OFFICE)
    shopper = host.page(function, path, caller=SHOPPER, **OFFICE, **by_name)
    assert form not in shopper
    assert 'method="post" action="/products' not in shopper
    assert "as an administrator" in shopper
    assert form not in host.page(function, path, **ANYBODY, **OFFICE)
