import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from functions.products.adjust_stock import adjust_stock
from functions.products.create_product import create_product
from functions.products.delete_product import delete_product
from functions.products.delete_product_image import delete_product_image
from functions.products.get_import import get_import
from functions.products.get_product import get_product
from functions.products.list_categories import list_categories
from functions.products.list_products import list_products
from functions.products.serve_image import serve_image
from functions.products.show_imports import show_imports
from functions.products.start_import import start_import
from functions.products.update_product import update_product
from functions.products.upload_product_image import upload_product_image
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ProductId, UserId
from shared.kernel.money import Money
from shared.products.model import Details, Product, Rating, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_catalogue import MongoCatalogue
from shared.products.mongo_imports import MongoImports
from shared.products.objects import StoredFiles
from shared.products.pictures import PillowPictures
from shared.runtime.answers import Response
from shared.runtime.declare import spec_of
from shared.runtime.handler import answer
from shared.runtime.identity import Caller, sign_identity
from tests.fakes.products import FakeCatalogue, FakeFiles, FakeImports, FakePictures, FakeProducts
from tests.functions.web import KEY, fill_ports

ADMIN = Caller(user_id=UserId("admin-1"), role="admin")
SHOPPER = Caller(user_id=UserId("u-1"), role="user")
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "xxBOUNDARYxx"


@dataclass
class Host:
    """Calls functions over WSGI with fakes for their adapters."""

    products: FakeProducts
    imports: FakeImports

    def call(
        self,
        function: Any,
        method: str,
        path: str,
        body: bytes | dict[str, Any] = b"",
        *,
        caller: Caller | None = ADMIN,
        content_type: str = "application/json",
        host: str = "shop.localhost",
        **headers: str,
    ) -> Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {
            "REQUEST_METHOD": method,
            "PATH_INFO": path.partition("?")[0],
            "QUERY_STRING": path.partition("?")[2],
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_HOST": host,
            "wsgi.input": io.BytesIO(raw),
        }
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if caller:
            signed = sign_identity(caller, method, environ["PATH_INFO"], KEY, 30)
            environ["HTTP_X_SHOP_IDENTITY"] = signed
        return answer(spec_of(function), environ)

    def page(self, function: Any, path: str, **more: Any) -> str:
        response = self.call(function, "GET", path, **more)
        assert (response.status, dict(response.headers)["Content-Type"][:9]) == (200, "text/html")
        text = response.body.decode()
        assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\\w+=", text)
        return text

    def form(self, function: Any, path: str, fields: bytes, **more: Any) -> str:
        response = self.call(function, "POST", path, fields, content_type=FORM, **more)
        assert response.status == 303, response.body
        return dict(response.headers)["Location"]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    products, imports = FakeProducts(), FakeImports()
    adapters: dict[type, Any] = {
        MongoProducts: products,
        MongoCatalogue: FakeCatalogue(products),
        MongoImports: imports,
        StoredFiles: FakeFiles(),
        PillowPictures: FakePictures(),
        SystemClock: SystemClock(),
    }
    fill_ports(monkeypatch, adapters)
    return Host(products, imports)


@pytest.fixture
def tea(host: Host) -> Product:
    details = Details(
        title="Tea <b>", category="drinks & more", price=Money(1299), description="a\nb"
    )
    made = new_product(ProductId("p-1"), details, 3, "admin", datetime(2026, 11, 25, tzinfo=UTC))
    host.products.add(made)
    return made


def multipart(name: str, file_name: str, media_type: str, body: bytes) -> tuple[bytes, str]:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    whole = head.encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
    return whole, f"multipart/form-data; boundary={BOUNDARY}"


NEW = {"title": "Pot", "category": "x", "price": {"amount": 5, "currency": "USD"}, "stock": 1}


def test_a_product_in_json_has_the_fields_of_the_wire(host, tea):
    response = host.call(get_product, "GET", "/api/products/p-1", caller=None)
    assert json.loads(response.body) == {
        "id": "p-1",
        "sku": tea.sku,
        "title": "Tea <b>",
        "description": "a\nb",
        "category": "drinks & more",
        "price": {"amount": 1299, "currency": "USD"},
        "in_stock": True,
        "available": 3,
        "images": [],
        "rating": {"average": 0.0, "count": 0},
        "created_at": "2026-11-25T00:00:00Z",
        "version": 1,
    }


def test_a_list_in_json_has_the_fields_of_the_wire(host, tea):
    response = host.call(list_products, "GET", "/api/products?search=tea", caller=None)
    answered = json.loads(response.body)
    assert [item["id"] for item in answered.pop("items")] == [tea.id]
    assert answered == {
        "page": 1,
        "page_size": 20,
        "total": 1,
        "facets": {
            "categories": [{"name": "drinks & more", "count": 1}],
            "price": {"min": 1299, "max": 1299},
        },
    }
    categories = host.call(list_categories, "GET", "/api/categories", caller=None)
    assert json.loads(categories.body) == {"items": [{"name": "drinks & more", "count": 1}]}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=101", "page_size"),
        ("page=0", "page"),
        ("sort=cheap", "sort"),
        ("min_price=-1", "min_price"),
        ("max_price=1.5", "max_price"),
        ("in_stock=maybe", "in_stock"),
        ("limit=3", "limit"),
        ("search=" + "x" * 201, "search"),
    ],
)
def test_a_query_that_breaks_a_rule_is_named(host, query, field):
    response = host.call(list_products, "GET", f"/api/products?{query}", caller=None)
    assert response.status == 422
    assert field in json.loads(response.body)["errors"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": {"$gt": ""}}, "title"),
        ({"price": 5}, "price"),
        ({"price": {"amount": -1}}, "price.amount"),
        ({"price": {"amount": 1.5}}, "price.amount"),
        ({"price": {"amount": 1, "currency": "usd"}}, "price.currency"),
        ({"stock": -1}, "stock"),
        ({"stock": "3"}, "stock"),
        ({"sku": ""}, "sku"),
        ({"version": 1}, "version"),
        ({"rating": 5}, "rating"),
    ],
)
def test_a_new_product_that_breaks_a_rule_is_refused(host, changes, field):
    response = host.call(create_product, "POST", "/api/products", NEW | changes)
    assert response.status == 422
    assert field in json.loads(response.body)["errors"]
    assert host.products.by_id == {}


def test_creating_answers_201_with_the_location(host):
    response = host.call(create_product, "POST", "/api/products", NEW)
    made = json.loads(response.body)
    assert response.status == 201
    assert dict(response.headers)["Location"] == f"/api/products/{made['id']}"


@pytest.mark.parametrize(("caller", "status"), [(None, 401), (SHOPPER, 403)])
@pytest.mark.parametrize(
    ("function", "method", "path"),
    [
        (create_product, "POST", "/api/products"),
        (update_product, "PATCH", "/api/products/p-1"),
        (delete_product, "DELETE", "/api/products/p-1"),
        (adjust_stock, "POST", "/api/products/p-1/stock"),
        (upload_product_image, "POST", "/api/products/p-1/images"),
        (delete_product_image, "DELETE", "/api/products/p-1/images/i"),
        (start_import, "POST", "/api/admin/imports"),
        (get_import, "GET", "/api/admin/imports/i"),
    ],
)
def test_only_administrators_change_the_catalogue(host, function, method, path, caller, status):
    assert host.call(function, method, path, NEW, caller=caller).status == status


def test_stock_is_set_by_the_name_of_the_wire(host, tea):
    response = host.call(adjust_stock, "POST", "/api/products/p-1/stock", {"set": 7})
    assert json.loads(response.body)["available"] == 7
    short = host.call(adjust_stock, "POST", "/api/products/p-1/stock", {"delta": -8})
    assert (short.status, json.loads(short.body)["code"]) == (409, "out_of_stock")


def test_deleting_answers_204_and_then_404(host, tea):
    assert host.call(delete_product, "DELETE", "/api/products/p-1").status == 204
    assert host.call(delete_product, "DELETE", "/api/products/p-1").status == 404
    assert host.call(get_product, "GET", "/api/products/p-1").status == 404


def test_a_picture_is_uploaded_served_and_deleted(host, tea):
    body, content_type = multipart("image", "../a.png", "image/png", b"picture")
    path = "/api/products/p-1/images"
    response = host.call(upload_product_image, "POST", path, body, content_type=content_type)
    assert response.status == 201
    (image,) = json.loads(response.body)["images"]
    served = host.call(serve_image, "GET", image["url"], caller=None)
    headers = dict(served.headers)
    assert (served.body, headers["Content-Type"]) == (b"picture", "image/webp")
    assert "immutable" in headers["Cache-Control"]
    page = f"/products/p-1/images/{image['id']}"
    assert host.form(delete_product_image, page, b"_method=DELETE") == "/products/p-1"
    assert host.call(delete_product_image, "DELETE", f"/api{page}").status == 404
    assert host.call(serve_image, "GET", image["url"], caller=None).status == 404


def test_uploads_of_other_kinds_and_sizes_are_refused(host, tea):
    path = "/api/products/p-1/images"
    assert host.call(upload_product_image, "POST", path, b"x").status == 415
    for content, status in ((b"no", 415), (b"picture" + bytes(5 * 1024 * 1024), 413)):
        body, content_type = multipart("image", "a.png", "image/png", content)
        sent = host.call(upload_product_image, "POST", path, body, content_type=content_type)
        assert sent.status == status


def test_an_import_answers_202_with_its_address(host):
    csv = b"sku,title,category,price,stock\nA,Tea,drinks,1,1\n"
    path = "/api/admin/imports"
    response = host.call(start_import, "POST", path, csv, content_type="text/csv; charset=utf-8")
    started = json.loads(response.body)
    assert response.status == 202
    assert dict(response.headers)["Location"] == f"/api/admin/imports/{started['id']}"
    assert set(started) >= {"id", "status", "rows", "created", "updated", "failed", "errors"}
    assert host.call(start_import, "POST", path, csv, content_type="image/png").status == 415
    assert host.call(start_import, "POST", path, b"x", content_type="text/csv").status == 422


# ---- pages


def test_the_shop_shows_its_products(host, tea):
    for path in ("/", "/products", "/products?category=drinks+%26+more&search=&min_price="):
        page = host.page(list_products, path, caller=None)
        assert "Tea &lt;b&gt;" in page
        assert 'href="/products/p-1"' in page
        assert "$12.99" in page
        assert "category=drinks+%26+more" in page
    assert "Nothing matches" in host.page(list_products, "/products?search=none", caller=None)


def test_htmx_gets_the_list_alone(host, tea):
    headers = {"hx_request": "true", "hx_target": "product-list"}
    fragment = host.page(list_products, "/products", caller=None, **headers)
    assert fragment.lstrip().startswith('<div class="row" id="product-list">')
    assert "<html" not in fragment


def test_pages_of_a_long_list_keep_the_filters(host, tea):
    for number in range(30):
        details = Details(title=f"Cup {number}", category="cups", price=Money(1))
        host.products.add(new_product(ProductId(f"c{number}"), details, 1, "a", tea.created_at))
    page = host.page(list_products, "/products?category=cups&page=1", caller=None)
    assert "/products?category=cups&amp;page=2" in page


def test_a_product_page_sells_what_is_there(host, tea):
    page = host.page(get_product, "/products/p-1", caller=None)
    assert 'action="/cart/items"' in page
    assert 'name="product_id" value="p-1"' in page
    assert 'max="3"' in page
    rated = Product(
        id=ProductId("p-2"),
        sku="S",
        title="Gone",
        description="",
        category="x",
        price=Money(1),
        available=0,
        rating=Rating(average=4.25, count=2),
        created_at=tea.created_at,
    )
    host.products.add(rated)
    sold_out = host.page(get_product, "/products/p-2", caller=None)
    assert 'action="/cart/items"' not in sold_out
    assert "Sold out" in sold_out
    assert "4.2 of 5 stars, 2 reviews" in sold_out


def test_an_unknown_product_has_a_page_that_says_so(host):
    response = host.call(get_product, "GET", "/products/none", caller=None)
    assert response.status == 404
    assert b"There is no such product." in response.body


def test_the_back_office_edits_with_forms(host, tea):
    admin = {"host": "admin.localhost"}
    by_name = {"cookie": "shop-name=Admin"}
    assert 'name="price.amount_major"' in host.page(list_products, "/products", **admin, **by_name)
    assert "Log in" in host.page(list_products, "/products", **admin)
    page = host.page(get_product, "/products/p-1", **admin)
    assert "multipart/form-data" in page
    created = host.form(
        create_product,
        "/products",
        b"title=Pot&category=x&price.amount_major=5&stock=1&sku=",
        **admin,
    )
    assert created.startswith("/products/")
    changed = b"_method=PATCH&title=New&price.amount_major=0.77&price.currency=EUR"
    assert host.form(update_product, "/products/p-1", changed, **admin) == "/products/p-1"
    assert host.form(adjust_stock, "/products/p-1/stock", b"set=9", **admin) == "/products/p-1"
    now = host.products.by_id[tea.id]
    assert (now.title, now.price, now.available) == ("New", Money(77, "EUR"), 9)
    assert host.form(delete_product, "/products/p-1", b"_method=DELETE", **admin) == "/products"


def test_the_back_office_imports_files(host):
    admin = {"host": "admin.localhost"}
    assert "No imports yet" in host.page(show_imports, "/admin/imports", **admin)
    csv = b"sku,title,category,price,stock\nA,Tea,drinks,1,1\n"
    body, content_type = multipart("file", "t.csv", "text/csv", csv)
    path = "/admin/imports"
    response = host.call(start_import, "POST", path, body, content_type=content_type, **admin)
    assert response.status == 303
    location = dict(response.headers)["Location"]
    progress = host.page(get_import, location, **admin)
    assert 'hx-trigger="every 2s"' in progress
    assert "0 created, 0 updated, 0 failed of 1 rows" in progress
    assert location in host.page(show_imports, "/admin/imports", **admin)
