"""The routes of coupons as HTTP: the back office's, and the forms in cart and checkout."""

import json

import pytest

from functions.cart.apply_coupon import apply_coupon
from functions.cart.checkout_cart import checkout_cart
from functions.cart.create_coupon import create_coupon
from functions.cart.delete_coupon import delete_coupon
from functions.cart.export_cart import export_cart
from functions.cart.get_cart import get_cart
from functions.cart.list_coupons import list_coupons
from functions.cart.remove_coupon import remove_coupon
from functions.cart.show_checkout import show_checkout
from shared.kernel.ids import UserId
from shared.kernel.money import Money
from shared.runtime.identity import Caller
from tests.functions.cart.world import ADA, GUEST, LAMP, World
from tests.functions.web import call, fill_ports, location, page, post_form

ADMIN = Caller(user_id=UserId("root"), role="admin")
PATH = "/api/admin/coupons"
BACK_OFFICE = "admin.localhost"


@pytest.fixture
def world(monkeypatch):
    world = World()
    fill_ports(monkeypatch, world.ports)
    return world


def send(function, method, path, body=None, caller=ADMIN):
    content = b"" if body is None else json.dumps(body).encode()
    answer = call(function, method, path, caller, content)
    return answer.status, json.loads(answer.body or b"null")


def create(world, **body):
    return send(create_coupon, "POST", PATH, {"code": "TEN"} | body)


# ---- the back office


def test_a_coupon_is_told_as_the_contract_says(world):
    terms = {"amount_off": 500, "minimum": 2000, "max_uses": 5}
    status, coupon = create(
        world, code="ten-Off_1", expires_at="2026-12-01T01:00:00+01:00", **terms
    )
    assert status == 201
    told = {"code": "TEN-OFF_1", "percent_off": None, "currency": "USD", "used": 0} | terms
    assert coupon == told | {"expires_at": "2026-12-01T00:00:00Z"}
    listed = {"items": [coupon], "page": 1, "page_size": 20, "total": 1}
    assert send(list_coupons, "GET", PATH) == (200, listed)


def test_a_percentage_is_for_any_currency_unless_it_has_a_minimum(world):
    assert create(world, percent_off=10)[1]["currency"] is None
    assert create(world, code="FROM", percent_off=10, minimum=5)[1]["currency"] == "USD"
    assert create(world, code="EUROS", percent_off=10, currency="EUR")[1]["currency"] == "EUR"


def test_the_last_day_is_over_at_midnight(world):
    assert create(world, percent_off=1, expires_on="2026-11-25")[0] == 201
    assert world.coupons.by_code["TEN"].expires_at.isoformat() == "2026-11-26T00:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 500}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"percent_off": 1.5}, "percent_off"),
        ({"amount_off": 0}, "amount_off"),
        ({"amount_off": -5}, "amount_off"),
        ({"percent_off": 10, "code": "ab"}, "code"),
        ({"percent_off": 10, "code": "A" * 41}, "code"),
        ({"percent_off": 10, "code": "A B C"}, "code"),
        ({"percent_off": 10, "code": {"$gt": ""}}, "code"),
        ({"percent_off": 10, "currency": "usd"}, "currency"),
        ({"percent_off": 10, "minimum": -1}, "minimum"),
        ({"percent_off": 10, "max_uses": 0}, "max_uses"),
        ({"percent_off": 10, "max_uses": 10_001}, "max_uses"),
        ({"percent_off": 10, "expires_at": "2026-11-25T12:00:00Z"}, "expires_at"),
        ({"percent_off": 10, "expires_at": "2026-12-25T12:00:00"}, "expires_at"),
        ({"percent_off": 10, "expires_at": "0001-01-01T00:00:00+01:00"}, "expires_at"),
        ({"percent_off": 10, "expires_at": "9999-12-31T23:59:59-01:00"}, "expires_at"),
        ({"percent_off": 10, "expires_on": "2026-11-24"}, "expires_on"),
        ({"percent_off": 10, "expires_on": "9999-12-31"}, "expires_on"),
        (
            {
                "percent_off": 10,
                "expires_on": "2026-12-24",
                "expires_at": "2026-12-25T12:00:00Z",
            },
            "expires_on",
        ),
        ({"percent_off": 10, "used": 0}, "used"),
    ],
)
def test_bad_terms_are_refused_by_field(world, body, field):
    status, problem = create(world, **body)
    assert (status, list(problem["errors"])) == (422, [field])
    assert world.coupons.by_code == {}


def test_a_taken_code_is_refused_in_either_case(world):
    create(world, percent_off=10)
    status, problem = create(world, code="ten", percent_off=20)
    assert (status, problem["code"]) == (409, "coupon_exists")
    assert world.coupons.by_code["TEN"].percent_off == 10


def test_a_coupon_is_deleted_in_either_case_and_once(world):
    create(world, percent_off=10)
    assert send(delete_coupon, "DELETE", f"{PATH}/ten") == (204, None)
    status, problem = send(delete_coupon, "DELETE", f"{PATH}/ten")
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(("caller", "status"), [(GUEST, 401), (ADA, 403)])
def test_coupons_are_the_admins_business(world, caller, status):
    assert send(create_coupon, "POST", PATH, {"code": "TEN", "percent_off": 1}, caller)[0] == status
    assert send(list_coupons, "GET", PATH, caller=caller)[0] == status
    assert send(delete_coupon, "DELETE", f"{PATH}/TEN", caller=caller)[0] == status


def test_the_page_gives_out_lists_and_deletes(world):
    assert "None yet" in page(list_coupons, "/admin/coupons", ADMIN, host=BACK_OFFICE)
    fields = {
        "code": "five",
        "percent_off": "",
        "amount_off_major": "5.00",
        "minimum_major": "20",
        "currency": "",
        "max_uses": "7",
        "expires_on": "2026-12-24",
    }
    made = post_form(create_coupon, "/admin/coupons", ADMIN, fields)
    assert (made.status, location(made)) == (303, "/admin/coupons")
    coupon = world.coupons.by_code["FIVE"]
    assert (coupon.amount_off, coupon.minimum, coupon.max_uses) == (500, 2000, 7)
    shown = page(list_coupons, "/admin/coupons", ADMIN, host=BACK_OFFICE)
    assert "5.00 USD" in shown
    assert "0 of 7" in shown
    assert "25 Dec 2026, 00:00 UTC" in shown
    fields = {"_method": "DELETE"}
    gone = post_form(delete_coupon, "/admin/coupons/FIVE", ADMIN, fields)
    assert (gone.status, location(gone)) == (303, "/admin/coupons")
    assert world.coupons.by_code == {}


# ---- the shopper's


def test_a_cart_tells_of_its_coupon(world):
    world.add(ADA, LAMP, 2)
    create(world, percent_off=25, minimum=2000)
    status, cart = send(apply_coupon, "PUT", "/api/cart/coupon", {"code": "ten"}, ADA)
    assert status == 200
    assert cart["discount"] == {"amount": 500, "currency": "USD"}
    assert cart["coupon"] == {
        "code": "TEN",
        "status": "applied",
        "problem": None,
        "percent_off": 25,
        "amount_off": None,
        "currency": "USD",
        "minimum": 2000,
    }
    status, cart = send(remove_coupon, "DELETE", "/api/cart/coupon", caller=ADA)
    assert (status, cart["coupon"], cart["discount"]["amount"]) == (200, None, 0)


@pytest.mark.parametrize("code", ["nope", "§$%", "$where", "x" * 200])
def test_a_code_that_is_none_is_a_conflict(world, code):
    status, problem = send(apply_coupon, "PUT", "/api/cart/coupon", {"code": code}, GUEST)
    assert (status, problem["code"]) == (409, "coupon_invalid")


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 5}, {"code": "TEN", "x": 1}])
def test_a_bad_body_is_refused(world, body):
    assert send(apply_coupon, "PUT", "/api/cart/coupon", body, GUEST)[0] == 422


def test_a_coupon_that_ended_is_a_conflict_that_carries_the_cart(world):
    world.give_out()
    world.add(ADA)
    world.apply(ADA)
    world.coupons.remove("TEN")
    address = {"name": "A", "line1": "B", "city": "C", "postal_code": "1", "country": "DE"}
    body = {"shipping_address": address}
    status, problem = send(checkout_cart, "POST", "/api/cart/checkout", body, ADA)
    assert (status, problem["code"]) == (409, "coupon_invalid")
    assert problem["cart"]["coupon"]["status"] == "invalid"
    assert problem["cart"]["total"]["amount"] == 1499


def test_the_cart_page_applies_and_removes_a_coupon(world):
    world.give_out()
    world.add(GUEST, LAMP, 2)
    assert 'name="code"' in page(get_cart, "/cart", GUEST)
    fields = {"_method": "PUT", "code": "ten"}
    applied = post_form(apply_coupon, "/cart/coupon?next=/cart", GUEST, fields)
    assert (applied.status, location(applied)) == (303, "/cart")
    shown = page(get_cart, "/cart", GUEST)
    assert 'id="discount">\N{MINUS SIGN}$2.00</dd>' in shown
    assert "10 % off" in shown
    post_form(remove_coupon, "/cart/coupon?next=/cart", GUEST, {"_method": "DELETE"})
    assert world.see(GUEST).coupon is None


def test_the_checkout_page_has_the_coupon_and_comes_back_to_itself(world):
    world.give_out("FIVE", amount_off=500)
    world.add(ADA, LAMP, 2)
    fields = {"_method": "PUT", "code": "FIVE"}
    applied = post_form(apply_coupon, "/cart/coupon?next=/checkout", ADA, fields)
    assert location(applied) == "/checkout"
    shown = page(show_checkout, "/checkout", ADA)
    assert 'name="expected_total" value="1999"' in shown
    assert 'id="checkout-discount">\N{MINUS SIGN}$5.00</span>' in shown


def test_pages_say_why_a_coupon_gives_nothing_and_that_it_must_go(world):
    world.give_out(minimum=2000, currency="USD")
    world.add(ADA, LAMP, 2)
    world.apply(ADA)
    world.set(ADA, LAMP, 1)
    shown = page(get_cart, "/cart", ADA)
    assert "10.00 USD are missing" in shown
    assert 'href="/checkout"' in shown
    world.coupons.remove("TEN")
    shown = page(get_cart, "/cart", ADA)
    assert "There is no coupon TEN. Remove it to check out." in shown
    assert 'href="/checkout"' not in shown
    assert "Remove it to check out" in page(show_checkout, "/checkout", ADA)


def test_an_export_is_a_file_with_the_cart_and_its_orders(world):
    world.give_out()
    world.add(ADA, LAMP, 2)
    world.apply(ADA)
    made = world.check_out()
    answer = call(export_cart, "GET", "/api/export/cart", ADA)
    headers, exported = dict(answer.headers), json.loads(answer.body)
    assert headers["Content-Disposition"] == 'attachment; filename="popshop-cart.json"'
    assert headers["Cache-Control"] == "private, no-store"
    assert exported["orders"] == [made.order_id]
    assert exported["cart"]["coupon"]["code"] == "TEN"
    assert exported["cart"]["lines"][0]["quantity"] == 2
    assert world.see(ADA).total == Money(exported["cart"]["total"]["amount"])
    assert call(export_cart, "GET", "/api/export/cart", GUEST).status == 401
