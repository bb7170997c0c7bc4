"""Puts goods into the shop: the demo catalogue, or a file by the import job."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localdev.seed.catalogue import GOODS, Good
from localdev.seed.client import SeedError, ShopClient, expect
from localdev.seed.pictures import draw

_CREATED, _OK, _ACCEPTED = 201, 200, 202
_MEDIA_TYPES = {".csv": "text/csv", ".ndjson": "application/x-ndjson"}
_POLL_SECONDS = 0.5
Report = Callable[[str], None]


def seed_demo(shop: ShopClient, report: Report) -> None:
    """Creates what is missing of the demo catalogue, with pictures."""
    known = _known_skus(shop)
    missing = [good for good in GOODS if good.sku not in known]
    for number, good in enumerate(missing, 1):
        _create(shop, good)
        report(f"{number} of {len(missing)}: {good.title}")


def _known_skus(shop: ShopClient) -> set[str]:
    found: set[str] = set()
    page, total = 1, 1
    while len(found) < total:
        answer = expect(shop.call("GET", f"/products?page={page}&page_size=100"), _OK).body
        if not answer["items"]:
            break
        found |= {item["sku"] for item in answer["items"]}
        page, total = page + 1, answer["total"]
    return found


def _create(shop: ShopClient, good: Good) -> None:
    fields = {
        "sku": good.sku,
        "title": good.title,
        "description": good.description,
        "category": good.category,
        "price": {"amount": good.price, "currency": "USD"},
        "stock": good.stock,
    }
    product = expect(shop.call("POST", "/products", fields), _CREATED).body
    path = f"/products/{product['id']}/images"
    expect(shop.upload(path, "image", draw(good), "image/png"), _CREATED)


def import_file(shop: ShopClient, file: Path, report: Report) -> None:
    """Imports a catalogue file and reports its progress; ``SeedError`` if the job fails."""
    media_type = _MEDIA_TYPES.get(file.suffix)
    if media_type is None:
        raise SeedError(f"{file}: a catalogue is a .csv or .ndjson file")
    job = expect(shop.send_file("/admin/imports", file.read_bytes(), media_type), _ACCEPTED).body
    began, shown = time.monotonic(), -1
    while job["status"] not in {"done", "failed"}:
        time.sleep(_POLL_SECONDS)
        job = expect(shop.call("GET", f"/admin/imports/{job['id']}"), _OK).body
        done = job["created"] + job["updated"] + job["failed"]
        if done != shown:
            shown = done
            report(_progress(job, done / (time.monotonic() - began)))
    for error in job["errors"][:20]:
        report(f"row {error['row']}, {error['field']}: {error['message']}")
    if job["status"] == "failed":
        raise SeedError(f"the import {job['id']} failed")


def _progress(job: dict[str, Any], rows_a_second: float) -> str:
    counts = ", ".join(f"{job[name]} {name}" for name in ("created", "updated", "failed"))
    done = job["created"] + job["updated"] + job["failed"]
    return f"{done} of {job['rows']} rows ({counts}), {rows_a_second:.0f} a second"
