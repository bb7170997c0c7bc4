"""The orders' routes as HTTP: JSON, pages, forms and fragments."""

import json
from dataclasses import replace

import pytest

from functions.orders.advance_order import advance_order
from functions.orders.cancel_order import cancel_order
from functions.orders.get_order import get_order
from functions.orders.list_all_orders import list_all_orders
from functions.orders.list_orders import list_orders
from functions.orders.place_order import place_order
from shared.kernel.clock import SystemClock
from shared.orders.invoice_pdf import PdfInvoices
from shared.orders.mongo import MongoOrders, MongoProducts
from shared.orders.mongo_sales import MongoSales
from tests.fakes.orders import ADDRESS, FakeInvoices
from tests.functions.orders.world import ADA, ADMIN, BOB, World
from tests.functions.web import KEY, call, fill_ports, location, page, part, post_form

BACK_OFFICE = "admin.localhost"


@pytest.fixture
def world(monkeypatch):
    world = World()
    ports = {
        MongoOrders: world.orders,
        MongoProducts: world.products,
        MongoSales: world.sales,
        PdfInvoices: FakeInvoices(),
        SystemClock: world.clock,
    }
    monkeypatch.setenv("ORDERS_CALL_KEY", KEY)
    fill_ports(monkeypatch, ports)
    return world


def test_an_order_is_told_as_the_contract_says(world):
    order_id = world.paid()
    answer = call(get_order, "GET", f"/api/orders/{order_id}", ADA)
    order = json.loads(answer.body)
    assert answer.status == 200
    assert order["total"] == {"amount": 2499, "currency": "USD"}
    assert order["payment"] == {"id": "pay", "status": "succeeded"}
    assert order["timeline"][0] == {
        "status": "pending",
        "at": "2026-11-25T12:00:00Z",
        "reason": None,
    }
    assert order["lines"][0]["line_total"]["amount"] == 2000
    assert order.keys() >= {"number", "status_reason", "shipping_address", "created_at", "version"}


def test_an_order_is_placed_only_by_a_call_from_inside(world):
    body = (
        b'{"cart_id":"c","cart_version":1,"attempt":1,"user_id":"ada","lines":[{"product_id":"lamp",'
        b'"quantity":1,"unit_price":{"amount":1000,"currency":"USD"}}],'
        b'"subtotal":{"amount":1000},"discount":{"amount":0},"shipping":{"amount":499},'
        b'"tax":{"amount":0},"total":{"amount":1499},"shipping_address":'
        b'{"name":"A","line1":"B","city":"C","postal_code":"1","country":"DE"}}'
    )
    assert call(place_order, "POST", "/orders", None, body).status == 401
    assert call(place_order, "POST", "/api/orders", ADA, body).status == 404
    made = call(place_order, "POST", "/orders", ADA, body)
    assert (made.status, json.loads(made.body)["status"]) == (201, "pending")
    broken = call(place_order, "POST", "/orders", ADA, b'{"cart_id": {"$gt": ""}}')
    assert broken.status == 422


def test_bad_queries_are_named(world):
    answer = call(list_orders, "GET", "/api/orders?page_size=101&colour=red", ADA)
    assert answer.status == 422
    assert json.loads(answer.body)["errors"].keys() == {"page_size", "colour"}
    answer = call(list_all_orders, "GET", "/api/admin/orders?status=lost", ADMIN)
    assert answer.status == 422


def test_the_back_office_is_for_administrators(world):
    order_id = world.paid()
    step = b'{"status": "shipped"}'
    path = f"/api/admin/orders/{order_id}/advance"
    assert call(list_all_orders, "GET", "/api/admin/orders", ADA).status == 403
    assert call(advance_order, "POST", path, ADA, step).status == 403
    assert call(advance_order, "POST", path, None, step).status == 401
    assert call(advance_order, "POST", path, ADMIN, b'{"status": "paid"}').status == 422
    assert call(advance_order, "POST", path, ADMIN, step).status == 200
    assert call(advance_order, "POST", path, ADMIN, step).status == 409


def test_a_payable_order_offers_to_pay_and_to_cancel(world):
    order_id = world.payable()
    shown = page(get_order, f"/orders/{order_id}", ADA)
    assert 'action="/payments"' in shown
    assert f'name="order_id" value="{order_id}"' in shown
    assert f'action="/orders/{order_id}/cancel"' in shown
    assert 'hx-trigger="shop:changed from:body"' in shown
    world.pay(order_id, "declined")
    assert 'id="declined"' in page(get_order, f"/orders/{order_id}", ADA)


def test_a_pending_order_asks_again_by_itself(world):
    assert "every 2s" in page(get_order, f"/orders/{world.placed()}", ADA)


def test_the_status_alone_is_fetched_again(world):
    order_id = world.payable()
    status = part(get_order, f"/orders/{order_id}", ADA, "order-status")
    assert status.lstrip().startswith('<div id="order-status"')
    assert 'data-status="awaiting_payment"' in status
    assert "<html" not in status


def test_an_ended_order_causes_no_more_requests(world):
    order_id = world.payable()
    world.cancel(order_id)
    shown = page(get_order, f"/orders/{order_id}", ADA)
    assert "hx-get" not in shown
    assert 'id="pay"' not in shown
    assert 'id="cancel"' not in shown


def test_text_of_people_is_escaped(world):
    order_id = world.placed(shipping_address=replace(ADDRESS, city="<script>x</script>"))
    for caller, host in ((ADA, "shop.localhost"), (ADMIN, BACK_OFFICE)):
        shown = page(get_order, f"/orders/{order_id}", caller, host)
        assert "<script>x" not in shown
        assert "&lt;script&gt;x" in shown


def test_the_list_shows_orders_and_refetches_itself(world):
    order_id = world.payable()
    assert f'href="/orders/{order_id}"' in page(list_orders, "/orders", ADA)
    orders = part(list_orders, "/orders?page=1", ADA, "order-list")
    assert orders.lstrip().startswith('<div id="order-list" hx-get="/orders?page=1"')
    assert world.order(order_id).number in orders
    assert "None yet" in page(list_orders, "/orders", BOB)


def test_cancelling_by_form_shows_the_order_again(world):
    order_id = world.payable()
    answer = post_form(cancel_order, f"/orders/{order_id}/cancel", ADA, {"x": ""})
    assert (answer.status, location(answer)) == (303, f"/orders/{order_id}")
    assert world.status(order_id) == "cancelled"
    again = post_form(cancel_order, f"/orders/{order_id}/cancel", ADA, {"x": ""})
    assert again.status == 409
    assert b"illegal_transition" in again.body


def test_the_back_office_lists_filters_and_advances(world):
    order_id = world.paid()
    shown = page(list_all_orders, "/admin/orders?status=paid&search=", ADMIN, BACK_OFFICE)
    assert f'href="/orders/{order_id}"' in shown
    shown = page(list_all_orders, "/admin/orders?status=pending", ADMIN, BACK_OFFICE)
    assert "No order fits" in shown
    shown = page(get_order, f"/orders/{order_id}", ADMIN, BACK_OFFICE)
    assert 'id="advance-shipped"' in shown
    assert 'id="advance-delivered"' not in shown
    fields = {"status": "shipped", "tracking": "T 1"}
    answer = post_form(advance_order, f"/admin/orders/{order_id}/advance", ADMIN, fields)
    assert (answer.status, location(answer)) == (303, f"/orders/{order_id}")
    shown = page(get_order, f"/orders/{order_id}", ADMIN, BACK_OFFICE)
    assert 'id="advance-delivered"' in shown
    assert "T 1" in shown
