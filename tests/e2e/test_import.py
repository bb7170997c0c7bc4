"""Real goods in bulk: diamonds (2,000 of them, or all 53,940 with POPSHOP_ALL_DIAMONDS=1)."""

import csv
import io
import itertools
import os
import signal
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from localdev.seed.diamonds import COLUMNS, COUNT, diamonds_file, read_diamonds
from tests.e2e.shop import Admin, Client
from tests.e2e.stack import Stack
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]
ROWS = COUNT if os.environ.get("POPSHOP_ALL_DIAMONDS") == "1" else 2000
PATIENCE_SECONDS = 60 + ROWS / 20
KILLS, STONES = 3, 2000
Row = dict[str, str]

# What stands in the file between the good rows: at which row, and what must be said of it.
NOT_WHOLE = "must be a whole number from 0"
BROKEN: dict[int, tuple[Row, list[tuple[str, str]]]] = {
    1: ({"price": "priceless"}, [("price", NOT_WHOLE)]),
    333: ({"stock": "-1"}, [("stock", NOT_WHOLE)]),
    777: ({"sku": ""}, [("sku", "required")]),
    1200: (
        {"category": " ", "currency": "usd"},
        [("category", "required"), ("currency", "must be three capital letters (ISO 4217)")],
    ),
    1201: ({"price": "100000001", "title": "x" * 201}, [("price", "at most 100000000")]),
    2003: ({"stock": "1.5"}, [("stock", NOT_WHOLE)]),
}
BROKEN[1201][1].append(("title", "at most 200 characters"))


@dataclass
class Progress:
    """What the API said of an import, from its beginning to its end."""

    seen: list[dict[str, Any]]

    @property
    def end(self) -> dict[str, Any]:
        return self.seen[-1]

    @property
    def done(self) -> list[int]:
        return [done(job) for job in self.seen]


def done(job: dict[str, Any]) -> int:
    return int(job["created"] + job["updated"] + job["failed"])


def counts(job: dict[str, Any]) -> tuple[int, int, int]:
    return job["created"], job["updated"], job["failed"]


def catalogue(rows: list[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def begin(admin: Admin, rows: list[Row]) -> dict[str, Any]:
    headers = {"Content-Type": "text/csv"}
    answer = admin.call("POST", "/admin/imports", data=catalogue(rows), headers=headers, status=202)
    job: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/api/admin/imports/{job['id']}"
    return job


def follow(admin: Admin, job: dict[str, Any]) -> Progress:
    seen = [job]

    def has_ended() -> bool:
        seen.append(admin.get(f"/admin/imports/{job['id']}"))
        return seen[-1]["status"] in {"done", "failed"}

    wait_until(has_ended, f"the import {job['id']} ends", PATIENCE_SECONDS)
    return Progress(seen)


@pytest.fixture(scope="module")
def diamonds() -> list[Row]:
    with diamonds_file().open(newline="") as lines:
        return list(itertools.islice(read_diamonds(lines), ROWS))


@pytest.fixture(scope="module")
def file(diamonds: list[Row]) -> list[Row]:
    """The diamonds with the broken rows between them."""
    rows = list(diamonds)
    for number, (wrong, _) in BROKEN.items():
        rows.insert(number - 1, diamonds[0] | {"sku": f"BROKEN-{number}"} | wrong)
    return rows


@pytest.fixture(scope="module")
def imported(admin: Admin, file: list[Row]) -> Progress:
    return follow(admin, begin(admin, file))


def found(client: Client, **wanted: Any) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    page: dict[str, Any] = client.get(f"/products?{query}")
    return page


def cents(row: Row) -> int:
    return int(row["price"])


def test_every_row_is_counted_and_every_fault_named(imported, diamonds, file):
    job = imported.end
    assert (job["status"], job["rows"]) == ("done", len(file))
    assert counts(job) == (len(diamonds), 0, len(BROKEN))
    said = [(error["row"], error["field"], error["message"]) for error in job["errors"]]
    assert said == [(row, *fault) for row, (_, faults) in BROKEN.items() for fault in faults]


def test_the_progress_is_told_while_it_runs(imported, file):
    assert imported.done == sorted(imported.done)
    assert (imported.seen[0]["status"], imported.done[0]) == ("queued", 0)
    assert any(0 < count < len(file) for count in imported.done)
    assert {job["status"] for job in imported.seen if done(job) < len(file)} <= {
        "queued",
        "running",
    }


def test_the_same_file_again_updates_every_product_and_doubles_none(
    imported, admin, diamonds, file
):
    again = follow(admin, begin(admin, file)).end
    assert again["status"] == "done"
    assert counts(again) == (0, len(diamonds), len(BROKEN))
    assert again["errors"] == imported.end["errors"]
    assert found(admin, search="diamond")["total"] == len(diamonds)


def test_imported_goods_are_searched_and_counted(imported, guest, diamonds):
    low, high, cut = 33000, 275000, "diamonds-premium"
    page = found(
        guest, search="diamond", category=cut, min_price=low, max_price=high, page_size=100
    )
    in_range = [row for row in diamonds if low <= cents(row) <= high]
    of_cut = [cents(row) for row in diamonds if row["category"] == cut]
    by_cut = Counter(row["category"] for row in in_range)
    assert page["total"] == by_cut[cut] > 0
    assert all(item["category"] == cut for item in page["items"])
    assert all(low <= item["price"]["amount"] <= high for item in page["items"])
    assert page["facets"]["categories"] == [
        {"name": name, "count": count} for name, count in sorted(by_cut.items())
    ]
    assert page["facets"]["price"] == {"min": min(of_cut), "max": max(of_cut)}
    one = diamonds[len(diamonds) // 2]
    (item,) = found(guest, search=one["sku"])["items"]
    shown = (item["sku"], item["title"], item["description"], item["category"], item["price"])
    assert shown == (
        one["sku"],
        one["title"],
        one["description"],
        one["category"],
        {"amount": cents(one), "currency": "USD"},
    )


@pytest.mark.usefixtures("imported")
def test_the_pages_of_a_list_show_every_product_once(guest, diamonds):
    category = "diamonds-good"
    wanted = [row for row in diamonds if row["category"] == category]
    shown: list[dict[str, Any]] = []
    for number in range(1, len(wanted) // 100 + 2):
        page = found(guest, category=category, sort="price", page_size=100, page=number)
        assert page["total"] == len(wanted)
        shown += page["items"]
    assert Counter(item["sku"] for item in shown) == Counter(row["sku"] for row in wanted)
    assert [item["price"]["amount"] for item in shown] == sorted(cents(row) for row in wanted)


@pytest.mark.usefixtures("imported")
def test_an_imported_product_is_bought_and_paid(admin, shopper):
    (dearest,) = found(shopper, search="diamond", sort="-price", page_size=1, in_stock="true")[
        "items"
    ]
    admin.stack.wait_for_product(dearest)
    order_id = shopper.buy(dearest["id"])
    assert shopper.pay(order_id)["status"] == "succeeded"
    order = shopper.wait_for_order(order_id, "paid")
    (line,) = order["lines"]
    assert (line["sku"], line["unit_price"]) == (dearest["sku"], dearest["price"])
    wait_until(lambda: admin.available(dearest["id"]) == 0, "the only one is sold")


def stones(prefix: str, count: int) -> list[Row]:
    return [
        {
            "sku": f"{prefix}-{number:05d}",
            "title": f"{prefix} {number}",
            "description": "",
            "category": "stones",
            "price": str(100 + number),
            "stock": "1",
            "currency": "USD",
        }
        for number in range(1, count + 1)
    ]


def test_an_import_is_not_announced_to_everybody(admin, shopper):
    socket = shopper.open_socket()
    job = follow(admin, begin(admin, stones("PEBBLE", 50))).end
    assert counts(job) == (50, 0, 0)
    new = admin.create_product()
    assert socket.next_of("product_created")["payload"]["product_id"] == new["id"]


def test_an_import_does_not_keep_ordinary_products_waiting(admin, stack):
    job = begin(admin, stones("GRAVEL", STONES))
    admin.create_product()  # waits until carts and orders know it
    assert admin.get(f"/admin/imports/{job['id']}")["status"] != "done"
    assert counts(follow(admin, job).end) == (STONES, 0, 0)


def test_an_import_whose_process_is_killed_ends_with_exact_counts(admin, stack):
    job = begin(admin, stones("ROCK", STONES))
    for _ in range(KILLS):
        kill_in_the_middle(stack, admin, job)

    def has_ended() -> dict[str, Any] | None:
        stack.tick("products-sweep-products")
        now: dict[str, Any] = admin.get(f"/admin/imports/{job['id']}")
        return now if now["status"] == "done" else None

    ended = wait_until(has_ended, "the import ends", PATIENCE_SECONDS)
    assert counts(ended) == (STONES, 0, 0)
    products = list(stack.database("products").products.find({"sku": {"$regex": "^ROCK-"}}))
    assert len({product["sku"] for product in products}) == len(products) == STONES
    assert {product["version"] for product in products} == {1}
    for context in ("cart", "orders"):
        wait_for_copies(stack, context, [product["_id"] for product in products])


def wait_for_copies(stack: Stack, context: str, ids: list[str]) -> None:
    copies = stack.database(context).products

    def are_known() -> bool:
        return copies.count_documents({"_id": {"$in": ids}}) == len(ids)

    wait_until(are_known, f"{context} knows every product")


def kill_in_the_middle(stack: Stack, admin: Admin, job: dict[str, Any]) -> None:
    path = f"/admin/imports/{job['id']}"
    before = done(admin.get(path))
    wait_until(lambda: done(admin.get(path)) > before, "the import moves", PATIENCE_SECONDS)
    pids = wait_until(lambda: stack.function("products-import-chunk")["pids"], "it runs")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert done(admin.get(path)) < job["rows"], "it had ended before it was killed"
