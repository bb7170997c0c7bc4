"""Nonsense in bodies, queries and files: each refused by its name, and nothing changes."""

import json
import struct
import zlib

import pytest

from tests.e2e.refused import Route, check_refusal, leaves, with_value
from tests.e2e.shop import ADDRESS, PASSWORD

pytestmark = [pytest.mark.engines, pytest.mark.slow]
OPERATOR = {"$gt": ""}


# ---- bodies


PRICE = {"amount": 100, "currency": "USD"}
PRODUCT = {"title": "T", "description": "D", "category": "other", "price": PRICE, "stock": 1}
TAKES_JSON = [
    Route("POST", "/auth/register", {"email": "a@b.example", "password": PASSWORD, "name": "A"}),
    Route("POST", "/auth/login", {"email": "a@b.example", "password": PASSWORD}),
    Route("PATCH", "/auth/me", {"name": "A", "phone": "1", "address": "x"}),
    Route("POST", "/cart/items", {"product_id": "x", "quantity": 1}),
    Route("PATCH", "/cart/items/{product}", {"quantity": 2}),
    Route("POST", "/cart/checkout", {"shipping_address": ADDRESS, "expected_total": 1}),
    Route("POST", "/payments", {"order_id": "x"}),
    Route("POST", "/notifications/read", {"up_to": 1}),
    Route("POST", "/products", PRODUCT | {"sku": "S"}, is_admin=True),
    Route("PATCH", "/products/{product}", PRODUCT, is_admin=True),
    Route("POST", "/products/{product}/stock", {"delta": 1}, is_admin=True),
    Route("POST", "/admin/orders/{order}/advance", {"status": "shipped"}, is_admin=True),
    Route("POST", "/admin/payments/{payment}/refund", {"amount": 1}, is_admin=True),
]


def test_a_value_of_another_type_is_refused_by_the_name_of_its_field(world, unchanged):
    for route in TAKES_JSON:
        for path in leaves(route.body):
            for wrong in (OPERATOR, [OPERATOR], {"$ne": None}, True, 1.5):
                answer = world.send(route, json=with_value(route.body, path, wrong))
                problem = check_refusal(answer, 422, "invalid_request")
                named = [name for name in problem["errors"] if name.startswith(".".join(path))]
                assert named, (path, wrong, problem)


def test_an_unknown_field_is_refused_by_its_name(world, unchanged):
    for route in TAKES_JSON:
        for name in ("role", "$where", "user_id", "_id"):
            answer = world.send(route, json=route.body | {name: "admin"})
            assert check_refusal(answer, 422, "invalid_request")["errors"][name] == "unknown field"


def test_what_is_no_object_is_refused(world, unchanged):
    for route in TAKES_JSON:
        for body in ([], [route.body], "text", 7):
            check_refusal(world.send(route, json=body), 422, "invalid_request")


def test_what_is_no_json_is_malformed(world, unchanged):
    for route in TAKES_JSON:
        as_json = {"Content-Type": "application/json"}
        for body in (b"{", b'{"a": 1,}', b"\xff\xfe", b"[" * 20_000, b'{"a": NaN}'):
            check_refusal(world.send(route, data=body, headers=as_json), 400, "malformed")


def test_another_media_type_is_refused(world, unchanged):
    for route in TAKES_JSON:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"):
            answer = world.send(route, data=json.dumps(route.body), headers={"Content-Type": kind})
            check_refusal(answer, 415, "unsupported_media_type")


def test_a_huge_body_is_too_large(world, unchanged):
    for route in TAKES_JSON:
        body = json.dumps(route.body | {"padding": "x" * 2_000_000})
        as_json = {"Content-Type": "application/json"}
        check_refusal(world.send(route, data=body, headers=as_json), 413, "too_large")


def test_a_quantity_out_of_range_is_refused(world, unchanged):
    for quantity in (0, -1, 100, 2**40, 1.5, "2", None):
        body = {"product_id": world.ids["product"], "quantity": quantity}
        answer = world.shopper.call("POST", "/cart/items", body)
        assert "quantity" in check_refusal(answer, 422, "invalid_request")["errors"]


def test_an_empty_body_is_malformed(world, unchanged):
    for route in TAKES_JSON[:-1]:
        as_json = {"Content-Type": "application/json"}
        check_refusal(world.send(route, data=b"", headers=as_json), 400, "malformed")


# ---- queries


LISTS = ["/products", "/orders", "/notifications", "/admin/orders", "/admin/dead-letters"]
BAD_PAGES = [
    "page_size=101",
    "page_size=0",
    "page=0",
    "page=x",
    "page[$gt]=1",
    "limit=5",
    "page=1&page=2",
]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_refuses_a_page_that_cannot_be(world, unchanged, path):
    for query in BAD_PAGES:
        answer = world.admin.call("GET", f"{path}?{query}")
        errors = check_refusal(answer, 422, "invalid_request")["errors"]
        assert query.split("=")[0] in errors


@pytest.mark.parametrize(
    "query", ["min_price=x", "max_price=-1", "in_stock=maybe", "sort=title", "search[$gt]=", "x=1"]
)
def test_a_search_refuses_what_it_does_not_know(world, unchanged, query):
    answer = world.shopper.call("GET", f"/products?{query}")
    assert query.split("=")[0] in check_refusal(answer, 422, "invalid_request")["errors"]


def test_signs_of_a_pattern_are_plain_text_in_a_search(world):
    for text in (".*", "(", "[", "\\", "$where", "a{99999}", "^"):
        found = world.shopper.call("GET", "/products", params={"search": text}, status=200).json()
        assert found["total"] == 0, text


def test_a_route_without_a_query_takes_none(world, unchanged):
    for path in ("/cart", "/auth/me", f"/orders/{world.ids['order']}"):
        check_refusal(world.shopper.call("GET", f"{path}?debug=1"), 422, "invalid_request")


# ---- pictures and files


def png(width, height):
    """A genuine black picture, however large; it packs well."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("a.png", "image/png", b"not a picture"),
        ("a.png", "image/png", b""),
        ("a.png", "image/png", SVG),
        ("a.svg", "image/svg+xml", SVG),
        ("a.gif", "image/gif", b"GIF89a\1\0\1\0\0\0\0;"),
        ("a.png", "image/png", png(64, 64)[:-40]),
        ("../../etc/passwd", "image/png", b"<?php system('id'); ?>"),
    ],
    ids=["text", "nothing", "svg-as-png", "svg", "gif", "cut-off", "script"],
)
def test_what_is_no_picture_is_refused(world, unchanged, name, kind, content):
    path = f"/products/{world.ids['product']}/images"
    answer = world.admin.call("POST", path, files={"image": (name, content, kind)})
    assert answer.status_code in {415, 422}, answer.text
    check_refusal(answer, answer.status_code, answer.json()["code"])


def test_a_picture_that_explodes_is_refused(world, unchanged):
    bomb = png(20_000, 20_000)
    assert len(bomb) < 100_000
    path = f"/products/{world.ids['product']}/images"
    answer = world.admin.call("POST", path, files={"image": ("bomb.png", bomb, "image/png")})
    assert "400.0 megapixels" in check_refusal(answer, 413, "too_large")["detail"]


def test_a_picture_above_five_megabytes_is_too_large(world, unchanged):
    path = f"/products/{world.ids['product']}/images"
    heavy = png(64, 64) + b"\0" * 5 * 1024 * 1024
    answer = world.admin.call("POST", path, files={"image": ("heavy.png", heavy, "image/png")})
    check_refusal(answer, 413, "too_large")


def test_an_upload_without_its_file_is_refused(world, unchanged):
    path = f"/products/{world.ids['product']}/images"
    answer = world.admin.call("POST", path, files={"image": (None, "only text")})
    assert "image" in check_refusal(answer, 422, "invalid_request")["errors"]
    check_refusal(world.admin.call("POST", path, {"image": "x"}), 415, "unsupported_media_type")


def test_an_import_of_something_else_is_refused(world, unchanged):
    kinds = {"Content-Type": "application/zip"}
    answer = world.admin.send("POST", "/api/admin/imports", data=b"PK\3\4", headers=kinds)
    check_refusal(answer, 415, "unsupported_media_type")
