"""The cart's way to place orders: one suite for the fake and for HTTP to the real function."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from functions.orders.place_order import place_order
from shared.cart.model import OutOfStock, PriceChanged
from shared.cart.orders_desk import HttpOrderDesk
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Unavailable
from shared.kernel.ids import ProductId
from shared.kernel.money import Money
from shared.orders.mongo import MongoOrders, MongoProducts
from shared.runtime import wiring
from shared.runtime.declare import spec_of
from shared.runtime.handler import wsgi_application
from shared.runtime.settings import InternalCallSettings, PlaceOrderSettings
from tests.contracts.listener import hang_up
from tests.fakes.cart import FakeOrderDesk
from tests.fakes.orders import FakeOrders, FakeProducts, a_product, a_request

KEY = "22" * 32


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Silent."""


def serving(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    hang_up()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def shop() -> FakeProducts:
    products = FakeProducts()
    products.keep(a_product())
    return products


@pytest.fixture
def orders_url(shop, monkeypatch) -> Iterator[str]:
    """The real function on the fakes of orders."""
    ports = {MongoOrders: FakeOrders(), MongoProducts: shop, SystemClock: SystemClock()}
    monkeypatch.setenv("ORDERS_CALL_KEY", KEY)
    monkeypatch.setattr(wiring, "build_adapter", lambda adapter, _: ports[adapter])
    application = wsgi_application(spec_of(place_order))
    yield from serving(make_server("127.0.0.1", 0, application, handler_class=Silent))


@pytest.fixture(params=["fake", "http"])
def desk(request):
    if request.param == "fake":
        return FakeOrderDesk()
    url = f"{request.getfixturevalue('orders_url')}/orders"
    return HttpOrderDesk(InternalCallSettings(KEY), PlaceOrderSettings(url))


def test_a_key_has_one_order(desk):
    made = desk.place(a_request())
    assert made.status == "pending"
    assert made.number.startswith("P-")
    assert desk.place(a_request()) == made
    assert desk.place(a_request(attempt=2)).order_id != made.order_id


def test_what_orders_refuses_is_the_carts_own_refusal(orders_url, shop):
    desk = HttpOrderDesk(InternalCallSettings(KEY), PlaceOrderSettings(f"{orders_url}/orders"))
    shop.keep(a_product(price=Money(1), version=2))
    with pytest.raises(PriceChanged, match="Lamp"):
        desk.place(a_request())
    shop.keep(a_product(deleted=True, version=3))
    with pytest.raises(OutOfStock, match="Lamp"):
        desk.place(a_request())


def test_a_product_not_known_to_orders_yet_is_tried_again_later(orders_url, shop):
    desk = HttpOrderDesk(InternalCallSettings(KEY), PlaceOrderSettings(f"{orders_url}/orders"))
    del shop.by_id[ProductId("lamp")]
    with pytest.raises(Unavailable):
        desk.place(a_request())


def test_a_request_that_orders_does_not_understand_is_a_fault(orders_url):
    desk = HttpOrderDesk(InternalCallSettings(KEY), PlaceOrderSettings(f"{orders_url}/orders"))
    with pytest.raises(ValueError, match="goods make 2000"):
        desk.place(replace(a_request(), total=Money(1)))


def test_a_call_signed_with_another_key_is_refused(orders_url):
    desk = HttpOrderDesk(
        InternalCallSettings("33" * 32), PlaceOrderSettings(f"{orders_url}/orders")
    )
    with pytest.raises(Unavailable):
        desk.place(a_request())


class Broken(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(409)
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def broken_url() -> Iterator[str]:
    yield from serving(HTTPServer(("127.0.0.1", 0), Broken))


def test_an_answer_that_is_no_problem_document_means_try_again(broken_url):
    with pytest.raises(Unavailable):
        HttpOrderDesk(InternalCallSettings(KEY), PlaceOrderSettings(broken_url)).place(a_request())


def test_nobody_there_means_try_again():
    with pytest.raises(Unavailable):
        HttpOrderDesk(
            InternalCallSettings(KEY), PlaceOrderSettings("http://127.0.0.1:9/orders")
        ).place(a_request())
    hang_up()
