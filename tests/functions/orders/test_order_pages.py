"""Invoice and export as HTTP, and what the pages of orders lead to."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from functions.orders.export_orders import export_orders
from functions.orders.get_invoice import get_invoice
from functions.orders.get_order import get_order
from functions.orders.list_all_orders import list_all_orders
from functions.orders.list_orders import list_orders
from shared.kernel.clock import SystemClock
from shared.orders.invoice_pdf import PdfInvoices
from shared.orders.mongo import MongoOrders
from shared.runtime.settings import SellerSettings
from tests.fakes.orders import ADDRESS
from tests.functions.orders.world import ADA, ADMIN, BOB, World
from tests.functions.web import call, fill_ports, page

BACK_OFFICE = "admin.localhost"


@pytest.fixture
def world(monkeypatch):
    world = World()
    ports = {
        MongoOrders: world.orders,
        PdfInvoices: PdfInvoices(SellerSettings()),
        SystemClock: world.clock,
    }
    fill_ports(monkeypatch, ports)
    return world


def header(answer, name):
    return dict(answer.headers).get(name, "")


# ---- the invoice


def test_an_invoice_can_be_loaded_and_read(world):
    order_id = world.paid(shipping_address=replace(ADDRESS, name="Łucja Γιώργου"))
    for path in (f"/api/orders/{order_id}/invoice", f"/orders/{order_id}/invoice"):
        answer = call(get_invoice, "GET", path, ADA)
        assert answer.status == 200
        assert header(answer, "Content-Type") == "application/pdf"
        number = world.order(order_id).number
        assert number in header(answer, "Content-Disposition")
        text = PdfReader(BytesIO(answer.body)).pages[0].extract_text()
        assert all(wanted in text for wanted in (number, "$24.99", "Łucja Γιώργου"))


def test_an_invoice_that_there_is_not_is_explained(world):
    order_id = world.payable()
    path = f"/api/orders/{order_id}/invoice"
    refused = call(get_invoice, "GET", path, ADA)
    problem = json.loads(refused.body)
    assert (refused.status, problem["code"]) == (409, "not_paid")
    assert world.order(order_id).number in problem["detail"]
    assert call(get_invoice, "GET", path, BOB).status == 404
    assert call(get_invoice, "GET", path, None).status == 401
    shown = call(get_invoice, "GET", path.removeprefix("/api"), ADA)
    assert (shown.status, header(shown, "Content-Type")) == (409, "text/html; charset=utf-8")


@pytest.mark.parametrize(("caller", "host"), [(ADA, "shop.localhost"), (ADMIN, BACK_OFFICE)])
def test_an_order_leads_to_its_invoice_once_it_is_paid(world, caller, host):
    order_id = world.payable()
    link = f'href="/orders/{order_id}/invoice" id="invoice" hx-boost="false"'
    assert link not in page(get_order, f"/orders/{order_id}", caller, host)
    world.pay(order_id, "landed")
    assert link in page(get_order, f"/orders/{order_id}", caller, host)


# ---- the export


def test_the_export_is_a_file_of_json(world):
    order_id = world.paid(coupon="TEN")
    answer = call(export_orders, "GET", "/api/export/orders", ADA)
    assert (answer.status, header(answer, "Content-Type")) == (200, "application/json")
    assert "attachment" in header(answer, "Content-Disposition")
    [order] = json.loads(answer.body)["orders"]
    assert (order["id"], order["coupon"]) == (order_id, "TEN")
    assert order["shipping_address"]["line1"] == "Main Street 1"
    assert call(export_orders, "GET", "/api/export/orders", None).status == 401


# ---- orders


def test_administrators_find_an_order_by_the_buyers_name(world):
    order_id = world.paid(shipping_address=replace(ADDRESS, name="Grace Hopper"))
    for search, is_found in (("grace", True), ("HOP", True), (".*", False), ("race", False)):
        path = f"/admin/orders?search={search}&status=paid"
        shown = page(list_all_orders, path, ADMIN, BACK_OFFICE)
        assert (f'href="/orders/{order_id}"' in shown) is is_found, search
        assert f'value="{search}"' in shown


def test_pages_of_orders_keep_the_filter(world):
    for number in range(3):
        world.paid(attempt=number)
    shown = page(list_all_orders, "/admin/orders?status=paid&page_size=2", ADMIN, BACK_OFFICE)
    assert "Page 1 of 2" in shown
    assert "status=paid&amp;page_size=2&amp;page=2" in shown
    assert 'data-status="paid"' in shown
    shown = page(list_orders, "/orders?page_size=2&page=2", ADA)
    assert "Page 2 of 2" in shown
    assert 'data-status="paid"' in shown


def test_the_shopper_is_told_the_parcels_number_and_why_an_order_ended(world):
    order_id = world.paid()
    world.advance(order_id, "shipped", "T-77")
    shown = page(get_order, f"/orders/{order_id}", ADA)
    assert 'id="tracking">T-77' in shown
    cancelled = world.payable(attempt=2)
    world.cancel(cancelled, ADMIN)
    shown = page(get_order, f"/orders/{cancelled}", ADA)
    assert "(by the shop)" in shown


def test_the_back_office_leads_to_the_payment(world):
    order_id = world.paid()
    shown = page(get_order, f"/orders/{order_id}", ADMIN, BACK_OFFICE)
    assert f'href="/payments/{order_id}"' in shown


def test_a_forgotten_buyers_order_says_so(world):
    order_id = world.payable()
    world.delete_user()
    shown = page(get_order, f"/orders/{order_id}", ADMIN, BACK_OFFICE)
    assert 'id="forgotten"' in shown
    assert "Ada L." not in shown
