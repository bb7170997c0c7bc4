"""Carts: a guest's merges once however many tabs there are, and prices are what was seen."""

import pytest

from tests.e2e.crowd import at_once
from tests.e2e.shop import ADDRESS, REFRESH, Client
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

CHECKOUT = {"shipping_address": ADDRESS}


def quantities(cart):
    return {line["product_id"]: line["quantity"] for line in cart["lines"]}


def shopper_with_guest_cart(guest, elsewhere, filled):
    """The account's own cart was filled elsewhere; then the guest's browser logs in as it."""
    for product_id, quantity in filled.items():
        guest.add(product_id, quantity)
    guest.log_in(email_of(elsewhere))
    return guest


@pytest.fixture
def elsewhere(stack):
    """Another browser of somebody with an account."""
    client = Client(stack)
    client.register()
    return client


def email_of(client):
    return client.get("/auth/me")["user"]["email"]


def test_a_guest_cart_merges_once_in_many_tabs_and_quantities_add_up_to_99(admin, guest, elsewhere):
    many, few, own = (admin.create_product()["id"] for _ in range(3))
    elsewhere.add(many, 50)
    elsewhere.add(few, 1)
    elsewhere.add(own, 4)
    browser = shopper_with_guest_cart(guest, elsewhere, {many: 60, few: 2})
    tabs = [browser.another_tab() for _ in range(8)]
    at_once(lambda tab: tab.get("/cart"), tabs)
    merged = {many: 99, few: 3, own: 4}
    assert quantities(browser.get("/cart")) == merged
    assert quantities(elsewhere.get("/cart")) == merged
    assert [quantities(tab.get("/cart")) for tab in tabs] == [merged] * len(tabs)


def test_adding_in_one_tab_while_another_merges_loses_nothing(admin, guest, elsewhere):
    kept, added = admin.create_product()["id"], admin.create_product()["id"]
    elsewhere.add(kept, 10)
    browser = shopper_with_guest_cart(guest, elsewhere, {kept: 5})
    tabs = [browser.another_tab() for _ in range(6)]
    look_and_add = [lambda tab: tab.get("/cart"), lambda tab: tab.add(added, 2)] * 3
    at_once(lambda pair: pair[0](pair[1]), list(zip(look_and_add, tabs, strict=True)))
    assert quantities(browser.get("/cart")) == {kept: 15, added: 6}


def test_a_guest_who_comes_back_merges_again_but_only_what_is_new(admin, guest, elsewhere):
    first, second = admin.create_product()["id"], admin.create_product()["id"]
    guest.add(first, 2)
    guest.log_in(email_of(elsewhere))
    assert quantities(guest.get("/cart")) == {first: 2}
    guest.call("POST", "/auth/logout", status=204)
    assert REFRESH not in guest.cookies
    assert quantities(guest.get("/cart")) == {}
    guest.add(second, 1)
    guest.log_in(email_of(elsewhere))
    assert quantities(guest.get("/cart")) == {first: 2, second: 1}


def test_a_sum_above_99_is_refused_and_changes_nothing(shopper, product):
    shopper.add(product["id"], 98)
    body = {"product_id": product["id"], "quantity": 2}
    refused = shopper.call("POST", "/cart/items", body, status=422).json()
    assert "99" in refused["errors"]["quantity"]
    assert quantities(shopper.get("/cart")) == {product["id"]: 98}


def test_a_price_changed_after_the_look_is_shown_before_it_is_paid(shopper, admin, product):
    cart = shopper.add(product["id"], 2)
    assert cart["lines"][0]["unit_price"]["amount"] == 1000
    new_price = {"price": {"amount": 1250, "currency": "USD"}}
    admin.call("PATCH", f"/products/{product['id']}", new_price, status=200)
    wait_until(lambda: shopper.get("/cart")["lines"][0]["price_changed"], "the change is shown")
    refused = shopper.call("POST", "/cart/checkout", CHECKOUT, status=409).json()
    assert refused["code"] == "price_changed"
    fresh = refused["cart"]["lines"][0]
    assert (fresh["unit_price"]["amount"], fresh["price_changed"]) == (1250, True)
    assert refused["cart"]["subtotal"]["amount"] == 2500
    assert shopper.get("/orders")["total"] == 0
    same_quantity = {"quantity": 2}
    seen = shopper.call("PATCH", f"/cart/items/{product['id']}", same_quantity, status=200).json()
    assert not seen["lines"][0]["price_changed"]
    order = shopper.wait_for_order(shopper.check_out(), "awaiting_payment")
    assert order["total"] == seen["total"]
    assert order["lines"][0]["unit_price"]["amount"] == 1250


def test_a_total_that_is_not_the_expected_one_is_refused_with_the_cart(shopper, product):
    total = shopper.add(product["id"])["total"]["amount"]
    wrong = CHECKOUT | {"expected_total": total - 1}
    refused = shopper.call("POST", "/cart/checkout", wrong, status=409).json()
    assert (refused["code"], refused["cart"]["total"]["amount"]) == ("price_changed", total)
    right = CHECKOUT | {"expected_total": total}
    order_id = shopper.call("POST", "/cart/checkout", right, status=201).json()["order_id"]
    assert shopper.wait_for_order(order_id, "awaiting_payment")["total"]["amount"] == total


def test_a_price_that_only_orders_know_yet_is_refused_by_them(stack, shopper, product):
    """The cart's copy may be older than the orders': no order is made at the old price."""
    shopper.add(product["id"])
    ahead = {"$set": {"price.amount": 1300}}
    stack.database("orders").products.update_one({"_id": product["id"]}, ahead)
    refused = shopper.call("POST", "/cart/checkout", CHECKOUT, status=409).json()
    assert (refused["code"], refused["cart"]["total"]["amount"]) == ("price_changed", 1499)
    assert shopper.get("/orders")["total"] == 0
    behind = {"$set": {"price.amount": 1000}}
    stack.database("orders").products.update_one({"_id": product["id"]}, behind)
    shopper.wait_for_order(shopper.check_out(), "awaiting_payment")
