"""Reviews over HTTP: the JSON of the wire, and the pages with their form."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.products.export_reviews import export_reviews
from functions.products.list_reviews import list_reviews
from functions.products.write_review import write_review
from shared.kernel.clock import SystemClock
from shared.kernel.ids import ProductId, UserId
from shared.kernel.money import Money
from shared.products.model import Details, Rating, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_purchases import MongoPurchases
from shared.products.mongo_reviews import MongoReviews
from shared.products.reviews import Review, ReviewId
from tests.fakes.products import FakeImports, FakeProducts
from tests.fakes.purchases import FakePurchases
from tests.fakes.reviews import FakeReviews
from tests.functions.products.test_http import SHOPPER, Host
from tests.functions.web import fill_ports

DAY = datetime(2026, 11, 25, tzinfo=UTC)
ANYBODY: dict[str, Any] = {"caller": None}
BY_NAME = {"cookie": "shop-name=Ann%20O."}
API, PAGE = "/api/products/tea/reviews", "/products/tea/reviews"
GOOD = {"rating": 4, "text": "Good."}


@pytest.fixture
def reviews() -> FakeReviews:
    return FakeReviews()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, reviews: FakeReviews) -> Host:
    """A shop with tea, bought by the shopper, and a pot, bought by nobody."""
    products, purchases = FakeProducts(), FakePurchases()
    adapters: dict[type, Any] = {
        MongoProducts: products,
        MongoPurchases: purchases,
        MongoReviews: reviews,
        SystemClock: SystemClock(),
    }
    fill_ports(monkeypatch, adapters)
    for name in ("tea", "pot"):
        details = Details(title=f"{name} <b>", category="kitchen", price=Money(1299))
        products.add(new_product(ProductId(name), details, 9, "admin", DAY))
    purchases.record(SHOPPER.user, [ProductId("tea")], DAY)
    return Host(products, FakeImports())


def write(host: Host, body: Any, path: str = API, **more: Any) -> tuple[int, Any]:
    response = host.call(write_review, "POST", path, body, **({"caller": SHOPPER} | more))
    return response.status, json.loads(response.body)


def reviewed(reviews: FakeReviews, number: int, **changes: Any) -> Review:
    review = Review(
        id=ReviewId(f"r{number:02}"),
        product_id=ProductId("tea"),
        user_id=UserId(f"secret-{number}"),
        author=f"Buyer {number}",
        rating=3,
        text="Fine.",
        created_at=DAY,
    )
    reviews.add(replace(review, **changes))
    return review


# ---- JSON


def test_a_review_in_json_has_the_fields_of_the_wire_and_nothing_of_the_person(host):
    status, written = write(host, GOOD | {"name": "Ann O."})
    assert status == 201
    fields = {"id", "product_id", "author", "rating", "text", "created_at"}
    assert written.keys() == fields
    answer = host.call(list_reviews, "GET", API, caller=None)
    page = json.loads(answer.body)
    assert page["items"] == [written]
    assert (page["page"], page["page_size"], page["total"]) == (1, 20, 1)
    assert SHOPPER.user not in answer.body.decode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "Good."}, "rating"),
        ({"rating": 0, "text": "Good."}, "rating"),
        ({"rating": 6, "text": "Good."}, "rating"),
        ({"rating": 4.5, "text": "Good."}, "rating"),
        ({"rating": "4", "text": "Good."}, "rating"),
        ({"rating": 4}, "text"),
        ({"rating": 4, "text": ""}, "text"),
        ({"rating": 4, "text": " \n "}, "text"),
        ({"rating": 4, "text": "a\0b"}, "text"),
        ({"rating": 4, "text": "x" * 2001}, "text"),
        (GOOD | {"name": " "}, "name"),
        (GOOD | {"name": "a\nb"}, "name"),
        (GOOD | {"name": "x" * 81}, "name"),
        (GOOD | {"email": "ann@example.com"}, "email"),
    ],
)
def test_what_is_no_review_is_refused_and_nothing_is_stored(host, reviews, body, field):
    status, problem = write(host, body)
    assert (status, problem["code"]) == (422, "invalid_request")
    assert problem["errors"].keys() == {field}
    assert reviews.by_id == {}


def test_the_longest_review_is_taken(host):
    assert write(host, {"rating": 1, "text": "x" * 2000, "name": "y" * 80})[0] == 201


@pytest.mark.parametrize(
    ("path", "caller", "status", "code"),
    [
        (API, None, 401, "login_required"),
        ("/api/products/pot/reviews", SHOPPER, 403, "forbidden"),
        ("/api/products/none/reviews", SHOPPER, 404, "not_found"),
    ],
)
def test_who_may_not_review_is_told_why(host, reviews, path, caller, status, code):
    told, problem = write(host, GOOD, path, caller=caller)
    assert (told, problem["code"]) == (status, code)
    assert problem["detail"]
    assert reviews.by_id == {}


def test_a_second_review_is_a_conflict(host, reviews):
    assert write(host, GOOD)[0] == 201
    status, problem = write(host, {"rating": 1, "text": "Bad."})
    assert (status, problem["code"]) == (409, "already_reviewed")
    assert [review.rating for review in reviews.by_id.values()] == [4]


@pytest.mark.parametrize("query", ["page=0", "page_size=101", "sort=best"])
def test_a_list_that_cannot_be_is_refused(host, query):
    answer = host.call(list_reviews, "GET", f"{API}?{query}", caller=None)
    assert (answer.status, json.loads(answer.body)["code"]) == (422, "invalid_request")


def test_the_export_is_a_file_for_users_alone(host):
    write(host, GOOD)
    answer = host.call(export_reviews, "GET", "/api/export/products", caller=SHOPPER)
    headers = dict(answer.headers)
    assert headers["Content-Disposition"] == 'attachment; filename="popshop-products.json"'
    assert headers["Cache-Control"] == "private, no-store"
    told = json.loads(answer.body)
    assert [review["text"] for review in told["reviews"]] == ["Good."]
    assert [purchase["product_id"] for purchase in told["purchases"]] == ["tea"]
    nobody = host.call(export_reviews, "GET", "/api/export/products", caller=None)
    assert nobody.status == 401


# ---- pages


def test_the_page_shows_reviews_in_plain_text(host, reviews):
    tea = host.products.by_id[ProductId("tea")]
    host.products.by_id[tea.id] = replace(tea, rating=Rating(average=3.0, count=1))
    reviewed(reviews, 1, author="<i>Eve</i>", text="One <script>\n\nTwo")
    page = host.page(list_reviews, PAGE, **ANYBODY)
    assert "&lt;i&gt;Eve&lt;/i&gt;" in page
    assert re.search(r"<p[^>]*>One &lt;script&gt;</p>\s*<p[^>]*>Two</p>", page)
    assert "3.0 of 5 stars, 1 review" in page
    assert "★★★☆☆" in page
    assert '<a href="/products/tea">tea &lt;b&gt;</a>' in page
    assert "secret-1" not in page


def test_a_product_without_reviews_says_so(host):
    assert "Nobody has reviewed it yet." in host.page(list_reviews, PAGE, **ANYBODY)


def test_long_lists_have_pages(host, reviews):
    for number in range(21):
        reviewed(reviews, number)
    first = host.page(list_reviews, PAGE, **ANYBODY)
    assert first.count("<article") == 20
    assert f'rel="next" href="{PAGE}?page=2"' in first
    second = host.page(list_reviews, f"{PAGE}?page=2", **ANYBODY)
    assert "Buyer 0<" in second
    assert "Nothing on this page." in host.page(list_reviews, f"{PAGE}?page=3", **ANYBODY)


def test_the_product_page_gets_the_reviews_alone(host, reviews):
    reviewed(reviews, 1)
    headers = {"hx_request": "true", "hx_target": "reviews"}
    part = host.page(list_reviews, PAGE, **ANYBODY, **headers)
    assert "Buyer 1" in part
    assert "<h1" not in part
    assert "<form" not in part


def test_the_form_is_for_who_is_logged_in_and_proposes_their_name(host):
    page = host.page(list_reviews, PAGE, **ANYBODY, **BY_NAME)
    assert f'method="post" action="{PAGE}" id="write-review"' in page
    assert 'value="Ann O."' in page
    stranger = host.page(list_reviews, PAGE, **ANYBODY)
    assert "write-review" not in stranger
    assert f'<a href="/login?next={PAGE}">' in stranger


def test_a_form_publishes_a_review_and_comes_back(host, reviews):
    fields = urlencode({"rating": "5", "text": "One.\r\nTwo.", "name": ""}).encode()
    assert host.form(write_review, PAGE, fields, caller=SHOPPER) == PAGE
    (review,) = reviews.by_id.values()
    assert (review.rating, review.author) == (5, "A buyer")
    page = host.page(list_reviews, PAGE, **ANYBODY)
    assert re.search(r"<p[^>]*>One.</p>\s*<p[^>]*>Two.</p>", page)
