"""The sales report as JSON, as a page and in parts."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from functions.orders.get_sales_report import get_sales_report
from shared.kernel.clock import SystemClock
from shared.orders.mongo_sales import MongoSales
from tests.functions.orders.world import ADA, ADMIN, World
from tests.functions.web import call, fill_ports, page, part

BACK_OFFICE = "admin.localhost"
REPORT = "/admin/reports/sales"
BLOCKS = ["sales-cards", "sales-chart", "sales-statuses", "sales-top-products"]


@pytest.fixture
def world(monkeypatch):
    world = World()
    ports = {MongoSales: world.sales, SystemClock: world.clock}
    fill_ports(monkeypatch, ports)
    return world


@pytest.fixture
def sold(world):
    world.paid()
    world.record_sales()
    return world


def report(query=""):
    return call(get_sales_report, "GET", f"/api{REPORT}{query}", ADMIN)


def test_the_report_is_told_as_the_contract_says(sold):
    answer = report("?from=2026-11-24&to=2026-11-25")
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "days": [
            {"date": "2026-11-24", "orders": 0, "revenue": {"amount": 0, "currency": "USD"}},
            {"date": "2026-11-25", "orders": 1, "revenue": {"amount": 2499, "currency": "USD"}},
        ],
        "top_products": [
            {
                "product_id": "lamp",
                "title": "Lamp",
                "quantity": 2,
                "revenue": {"amount": 2000, "currency": "USD"},
            }
        ],
        "by_status": dict.fromkeys(
            ["pending", "awaiting_payment", "shipped", "delivered", "cancelled", "refunded"], 0
        )
        | {"paid": 1},
        "totals": {
            "orders": 1,
            "revenue": {"amount": 2499, "currency": "USD"},
            "average": {"amount": 2499, "currency": "USD"},
        },
    }


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?from=2026-11-26&to=2026-11-25", {"from"}),
        ("?from=2025-01-01&to=2026-11-25", {"from"}),
        ("?from=yesterday", {"from"}),
        ("?to=2026-02-30", {"to"}),
        ("?from=2026-11-25T00:00:00Z", {"from"}),
        ("?currency=usd", {"currency"}),
        ("?first=2026-11-25", {"first"}),
        ("?from=2026-11-26&to=2026", {"to"}),
    ],
)
def test_a_query_that_makes_no_sense_names_its_field(world, query, fields):
    answer = report(query)
    assert answer.status == 422, answer.body
    assert json.loads(answer.body)["errors"].keys() == fields


@pytest.mark.parametrize("query", ["?to=0001-01-01", "?from=9999-12-31&to=9999-12-31"])
def test_the_ends_of_the_calendar_are_answered(world, query):
    assert report(query).status == 200


def test_the_report_is_for_administrators(world):
    assert call(get_sales_report, "GET", f"/api{REPORT}", ADA).status == 403
    assert call(get_sales_report, "GET", f"/api{REPORT}", None).status == 401


def test_the_reports_page_has_its_period_and_all_parts(sold):
    shown = page(get_sales_report, f"{REPORT}?from=2026-11-01&to=2026-11-25", ADMIN, BACK_OFFICE)
    assert 'name="from" value="2026-11-01"' in shown
    assert 'name="to" value="2026-11-25"' in shown
    for block in BLOCKS:
        assert shown.count(f'id="{block}"') == 1
    assert "$24.99" in shown
    assert 'href="/products/lamp"' in shown
    assert 'href="/admin/orders?status=awaiting_payment"' in shown


@pytest.mark.parametrize("block", BLOCKS)
def test_each_part_is_a_fragment_of_its_own(sold, block):
    shown = part(get_sales_report, REPORT, ADMIN, block)
    assert "<html" not in shown
    assert shown.count(f'id="{block}"') == 1
    assert not [other for other in BLOCKS if other != block and other in shown]
    wrapper = ET.fromstring(shown.strip())
    assert wrapper.get("id") == block


def test_the_chart_has_a_titled_bar_for_each_day_and_neither_style_nor_script(sold):
    shown = part(get_sales_report, f"{REPORT}?from=2025-11-25&to=2026-11-25", ADMIN, "sales-chart")
    chart = ET.fromstring(shown.strip()).find("svg")
    assert chart is not None
    bars = chart.findall(".//rect")
    assert len(bars) == 366
    assert bars[-1].findtext("title") == "2026-11-25: $24.99, 1 order"
    assert bars[0].findtext("title") == "2025-11-25: $0.00, 0 orders"
    assert float(bars[-1].get("height", 0)) > 0
    assert chart.get("viewBox")
    texts = [text.text for text in chart.findall(".//text")]
    assert {"0", "10", "40"} <= set(texts)
    assert [text for text in texts if text and re.fullmatch(r"\d+ [A-Z][a-z]{2}", text)]
    assert not re.search(r"style=|<script|<style| on\w+=", shown)


def test_a_period_the_wrong_way_round_is_explained_on_the_page(world):
    path = f"{REPORT}?from=2026-11-26&to=2026-11-25"
    answer = call(get_sales_report, "GET", path, ADMIN, HTTP_HOST=BACK_OFFICE)
    assert answer.status == 422
    assert b"2026-11-26 is after 2026-11-25" in answer.body


def test_titles_of_products_are_escaped(world):
    order_id = world.paid()
    order = world.order(order_id)
    lines = [replace(order.lines[0], title="<script>x</script>")]
    world.orders.by_id[order_id] = replace(order, lines=lines)
    world.record_sales()
    assert "<script>x" not in page(get_sales_report, REPORT, ADMIN, BACK_OFFICE)
