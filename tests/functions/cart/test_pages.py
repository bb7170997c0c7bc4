"""The cart's routes as HTTP: JSON, pages, forms and fragments."""

import json

import pytest

from functions.cart.add_cart_item import add_cart_item
from functions.cart.checkout_cart import checkout_cart
from functions.cart.clear_cart import clear_cart
from functions.cart.get_cart import get_cart
from functions.cart.remove_cart_item import remove_cart_item
from functions.cart.show_checkout import show_checkout
from functions.cart.update_cart_item import update_cart_item
from shared.runtime.identity import Caller
from tests.fakes.cart import a_product
from tests.functions.cart.world import ADA, BOB, GUEST, LAMP, SOFA, World
from tests.functions.web import call, fill_ports, location, page, part, post_form

NOBODY = Caller()
ADDRESS = {"name": "A", "line1": "B", "city": "C", "postal_code": "1", "country": "DE"}


@pytest.fixture
def world(monkeypatch):
    world = World()
    fill_ports(monkeypatch, world.ports)
    return world


def send(function, method, path, body, caller=ADA, **environ):
    return call(function, method, path, caller, json.dumps(body).encode(), **environ)


def cookies(answer):
    return [value for name, value in answer.headers if name == "Set-Cookie"]


def test_a_cart_is_told_as_the_contract_says(world):
    answer = send(add_cart_item, "POST", "/api/cart/items", {"product_id": "lamp", "quantity": 2})
    cart = json.loads(answer.body)
    assert answer.status == 200
    assert cart.keys() == {
        "id",
        "version",
        "lines",
        "coupon",
        "subtotal",
        "discount",
        "shipping",
        "tax",
        "total",
    }
    assert cart["lines"] == [
        {
            "product_id": "lamp",
            "title": "Lamp",
            "unit_price": {"amount": 1000, "currency": "USD"},
            "quantity": 2,
            "line_total": {"amount": 2000, "currency": "USD"},
            "available": 50,
            "price_changed": False,
        }
    ]
    assert cart["total"]["amount"] == 2499


def test_the_number_of_pieces_is_a_cookie_for_display_only(world):
    added = send(add_cart_item, "POST", "/api/cart/items", {"product_id": "lamp", "quantity": 3})
    [cookie] = cookies(added)
    assert cookie.startswith("cart-count=3; ")
    assert "HttpOnly" not in cookie
    [cookie] = cookies(send(clear_cart, "DELETE", "/api/cart", {}))
    assert cookie.startswith("cart-count=; Max-Age=0; ")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"product_id": "lamp", "quantity": 0}, "quantity"),
        ({"product_id": "lamp", "quantity": 100}, "quantity"),
        ({"product_id": "lamp", "quantity": "2"}, "quantity"),
        ({"product_id": "lamp", "quantity": 1.5}, "quantity"),
        ({"product_id": {"$gt": ""}}, "product_id"),
        ({"product_id": ""}, "product_id"),
        ({"quantity": 1}, "product_id"),
        ({"product_id": "lamp", "price": 1}, "price"),
    ],
)
def test_bad_items_are_refused_by_field(world, body, field):
    answer = send(add_cart_item, "POST", "/api/cart/items", body)
    assert answer.status == 422
    assert list(json.loads(answer.body)["errors"]) == [field]
    assert world.pieces(ADA) == {}


@pytest.mark.parametrize("quantity", [-1, 100, "x", None])
def test_bad_quantities_are_refused(world, quantity):
    world.add(ADA)
    answer = send(update_cart_item, "PATCH", "/api/cart/items/lamp", {"quantity": quantity})
    assert (answer.status, world.pieces(ADA)) == (422, {LAMP: 1})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"country": "Germany"}, "shipping_address.country"),
        ({"country": "de"}, "shipping_address.country"),
        ({"name": ""}, "shipping_address.name"),
        ({"city": "a\nb"}, "shipping_address.city"),
        ({"line1": {"$gt": ""}}, "shipping_address.line1"),
        ({"planet": "Earth"}, "shipping_address.planet"),
    ],
)
def test_bad_addresses_are_refused_by_field(world, change, field):
    world.add(ADA)
    body = {"shipping_address": ADDRESS | change}
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body)
    assert answer.status == 422
    assert list(json.loads(answer.body)["errors"]) == [field]
    assert world.desk.asked == []


def test_a_checkout_needs_a_user_and_a_cart_a_guest(world):
    world.add(GUEST)
    body = {"shipping_address": ADDRESS}
    assert send(checkout_cart, "POST", "/api/cart/checkout", body, GUEST).status == 401
    assert call(get_cart, "GET", "/api/cart", GUEST).status == 200
    assert call(get_cart, "GET", "/api/cart", NOBODY).status == 401
    assert call(get_cart, "GET", "/api/cart").status == 401


def test_a_checkout_is_answered_with_the_order_and_its_place(world):
    world.add(ADA)
    body = {"shipping_address": ADDRESS, "expected_total": 1499}
    headers = {"HTTP_IDEMPOTENCY_KEY": "k"}
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body, **headers)
    made = json.loads(answer.body)
    assert (answer.status, made["status"]) == (201, "pending")
    assert location(answer) == f"/api/orders/{made['order_id']}"
    body["expected_total"] = 1500
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body, **headers)
    assert (answer.status, json.loads(answer.body)["code"]) == (422, "idempotency_mismatch")


def test_a_changed_price_and_missing_stock_carry_the_cart(world):
    world.add(ADA, LAMP, 2)
    body = {"shipping_address": ADDRESS}
    world.reprice("lamp", 1100)
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body)
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (409, "price_changed")
    assert problem["cart"]["lines"][0]["price_changed"] is True
    world.set(ADA, LAMP, 2)
    world.products.keep(a_product(available=1, version=9))
    world.set(ADA, LAMP, 2)
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body)
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (409, "out_of_stock")
    assert problem["cart"]["lines"][0]["available"] == 1
    answer = send(checkout_cart, "POST", "/api/cart/checkout", body, BOB)
    assert (answer.status, json.loads(answer.body)["code"]) == (409, "empty_cart")


def test_the_page_has_forms_for_each_line_and_the_way_to_the_checkout(world):
    world.add(GUEST, LAMP, 2)
    shown = page(get_cart, "/cart", GUEST)
    assert shown.count('action="/cart/items/lamp"') == 2
    assert 'value="DELETE"' in shown
    assert 'href="/login?next=/checkout"' in shown
    assert '<dd class="col-5 fw-bold" id="cart-total">$24.99</dd>' in shown
    assert "empty" in page(get_cart, "/cart", ADA)


def test_the_lines_alone_are_fetched_again(world):
    world.add(GUEST)
    lines = part(get_cart, "/cart", GUEST, "cart-lines")
    assert lines.lstrip().startswith('<div id="cart-lines"')
    assert "<html" not in lines


def test_changed_prices_are_shown_and_accepted_before_the_checkout(world):
    world.add(ADA, LAMP, 2)
    world.reprice("lamp", 1100)
    shown = page(get_cart, "/cart", ADA)
    assert 'id="prices-changed"' in shown
    assert 'href="/checkout"' not in shown
    assert 'action="/cart/checkout"' not in page(show_checkout, "/checkout", ADA)
    fields = {"_method": "PATCH", "quantity": "2"}
    assert location(post_form(update_cart_item, "/cart/items/lamp", ADA, fields)) == "/cart"
    assert 'href="/checkout"' in page(get_cart, "/cart", ADA)


def test_what_is_short_is_marked(world):
    world.add(ADA, LAMP, 2)
    world.products.keep(a_product(available=1, version=9))
    assert "Only 1 left" in page(get_cart, "/cart", ADA)
    world.products.keep(a_product(deleted=True, version=10))
    assert "Not available" in page(get_cart, "/cart", ADA)


def test_titles_are_escaped(world):
    world.products.keep(a_product(title="<script>x</script>", version=2))
    world.add(ADA)
    for shown in (page(get_cart, "/cart", ADA), page(show_checkout, "/checkout", ADA)):
        assert "<script>x" not in shown
        assert "&lt;script&gt;x" in shown


def test_the_forms_add_set_remove_and_clear(world):
    added = post_form(add_cart_item, "/cart/items", GUEST, {"product_id": "lamp", "quantity": "2"})
    assert (added.status, location(added), world.pieces(GUEST)) == (303, "/cart", {LAMP: 2})
    assert cookies(added)[0].startswith("cart-count=2")
    post_form(add_cart_item, "/cart/items", GUEST, {"product_id": "sofa"})
    fields = {"_method": "PATCH", "quantity": "5"}
    post_form(update_cart_item, "/cart/items/lamp", GUEST, fields)
    assert world.pieces(GUEST) == {LAMP: 5, SOFA: 1}
    post_form(remove_cart_item, "/cart/items/lamp", GUEST, {"_method": "DELETE"})
    assert world.pieces(GUEST) == {SOFA: 1}
    post_form(clear_cart, "/cart", GUEST, {"_method": "DELETE"})
    assert world.pieces(GUEST) == {}


def test_the_checkout_page_leads_to_the_order(world):
    world.add(ADA, LAMP, 2)
    shown = page(show_checkout, "/checkout", ADA)
    assert 'name="expected_total" value="2499"' in shown
    fields = {f"shipping_address.{name}": text for name, text in ADDRESS.items()}
    fields |= {"expected_total": "2499", "shipping_address.line2": ""}
    answer = post_form(checkout_cart, "/cart/checkout", ADA, fields)
    [placed] = world.desk.by_key.values()
    assert (answer.status, location(answer)) == (303, f"/orders/{placed.order_id}")
    assert world.desk.asked[0].shipping_address.city == "C"


def test_the_checkout_page_of_an_empty_cart_says_so(world):
    assert "Your cart is empty" in page(show_checkout, "/checkout", ADA)


def test_a_guest_who_checks_out_logs_in_first(world):
    answer = call(show_checkout, "GET", "/checkout", GUEST)
    assert (answer.status, location(answer)) == (303, "/auth/refresh?next=/checkout")
