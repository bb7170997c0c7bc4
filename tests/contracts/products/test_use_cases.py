"""The steps over several documents on the real adapters."""

from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread

import pytest

from shared.contracts.orders import OrderLine, OrderState
from shared.contracts.products import ImportChunked
from shared.kernel.clock import SystemClock
from shared.kernel.ids import OrderId, ProductId, UserId
from shared.kernel.money import Money
from shared.products.model import Details, new_product
from shared.products.mongo import MongoProducts
from shared.products.mongo_imports import MongoImports
from shared.products.mongo_reservations import MongoReservations
from shared.products.use_cases.importing import Importer
from shared.products.use_cases.reserving import StockKeeper
from shared.products.use_cases.starting import begin_import
from tests.contracts.listener import hang_up
from tests.fakes.products import FakeFiles

pytestmark = pytest.mark.engines
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FREE = Money(0)
TEA = ProductId("tea")


def an_order(number: int) -> OrderState:
    line = OrderLine(
        product_id=TEA, sku="T", title="Tea", unit_price=FREE, quantity=1, line_total=FREE
    )
    return OrderState(
        id=f"o{number}",
        number=str(number),
        user_id="u",
        status="pending",
        lines=[line],
        subtotal=FREE,
        discount=FREE,
        shipping=FREE,
        tax=FREE,
        total=FREE,
        cart_id="c",
        cart_version=1,
        attempt=1,
        created_at=NOW,
        expires_at=NOW,
        version=1,
    )


def test_buyers_at_once_get_exactly_what_there_is(database, sink, told):
    products = MongoProducts(database, sink.settings)
    reservations = MongoReservations(database, sink.settings)
    keeper = StockKeeper(products, reservations, SystemClock())
    details = Details(title="Tea", category="drinks", price=Money(1))
    products.add(new_product(TEA, details, 5, "admin", NOW))

    def buy(number: int) -> None:
        keeper.reserve(an_order(number))
        if number % 2:
            keeper.release(an_order(number))
        hang_up()

    threads = [Thread(target=buy, args=(number // 2,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    product = products.get(TEA)
    assert product is not None
    states = [reservations.get(OrderId(f"o{number}")) for number in range(12)]
    reserved = [one for one in states if one and one.state == "reserved"]
    assert product.available + len(reserved) == 5
    assert {hold.order_id for hold in product.holds} == {one.order_id for one in reserved}
    told = [subject for topic, subject, _ in told() if topic.startswith("stock-")]
    assert len(told) == len(set(told))


def test_an_import_goes_through_its_lanes_to_the_end(database, sink, told):
    products = MongoProducts(database, sink.settings)
    imports = MongoImports(database, sink.settings)
    files = FakeFiles()
    rows = "".join(f"S{number % 150},Tea {number},drinks,{number},1\n" for number in range(1, 241))
    body = f"sku,title,category,price,stock\n{rows}bad,row\n".encode()
    item = begin_import(
        imports, files, body, media_type="text/csv", file_name="", by=UserId("admin"), now=NOW
    )
    importer = Importer(products, imports, files, SystemClock())
    done = 0
    while done < len(told()):
        topic, subject, offset = told()[done]
        done += 1
        if topic == "import-chunked":
            lane = int(subject.rpartition(":")[2])
            asked = ImportChunked(import_id=item.id, lane=lane, offset=offset, version=offset)
            importer.take(asked)
            importer.take(replace(asked))
    result = imports.get(item.id)
    assert result is not None
    assert result.status == "done"
    assert (result.created, result.updated, result.failed) == (150, 90, 1)
    last = products.by_skus(["S90"])["S90"]
    assert (last.title, last.price) == ("Tea 240", Money(240))
    assert products.sweep() == imports.sweep() == 0
