"""The card form in a browser: the card goes to Stripe's stand-in and never to the shop."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import requests
from playwright.sync_api import sync_playwright

from functions.payments.get_payment import get_payment
from functions.storefront.serve_asset import serve_asset
from shared.payments.mongo import MongoPayments
from shared.payments.stripe_form import StripeCardForm, StripeFormSettings
from shared.payments.stripe_gateway import StripeGateway, StripeSettings
from shared.runtime import wiring
from shared.runtime.declare import spec_of
from shared.runtime.handler import wsgi_application
from shared.runtime.identity import HEADER, sign_identity
from tests.functions.payments.world import ADA, World

pytestmark = [pytest.mark.browser, pytest.mark.engines]
KEY = "11" * 32
CARDS = ("4242424242424242", "4000000000000002", "4000000000003220")


def squeezed(line: str) -> str:
    return line.replace(" ", "").replace("+", "").replace("%20", "")


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        """Silent."""


@dataclass
class Shop:
    """The two functions behind a gateway that knows Ada; ``received`` is all that came in."""

    received: list[str] = field(default_factory=list)
    world: World = field(default_factory=World)

    def __call__(self, environ, start_response):
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        self.received.append(f"{method} {path}?{environ['QUERY_STRING']} {body!r}")
        environ[f"HTTP_{HEADER.upper().replace('-', '_')}"] = sign_identity(
            ADA, method, path, KEY, 60
        )
        if path.startswith("/payments/"):
            return wsgi_application(spec_of(get_payment))(environ, start_response)
        if path.startswith("/assets/"):
            return wsgi_application(spec_of(serve_asset))(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"<h1>The order</h1>"]


@contextmanager
def serving(application) -> Iterator[str]:
    with make_server("127.0.0.1", 0, application, handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


@pytest.fixture(scope="module")
def browser():
    program = shutil.which("chromium")
    assert program, "install chromium to run the browser suites"
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def form(stripe_base, monkeypatch, browser):
    """An open card form of a started payment: (page, shop, payment, gateway)."""
    world, shop = World(), Shop()
    shop.world = world
    world.gateway = StripeGateway(StripeSettings("sk_test_x", stripe_base))
    payment = world.started()
    ports = {
        MongoPayments: world.payments,
        StripeCardForm: StripeCardForm(StripeFormSettings("pk_test_x", stripe_base)),
    }
    monkeypatch.setenv("IDENTITY_KEY", KEY)
    monkeypatch.setattr(wiring, "build_adapter", lambda adapter, _: ports[adapter])
    with serving(shop) as address:
        page = browser.new_page()
        page.goto(f"{address}/payments/{payment.order_id}")
        yield page, shop, payment, world.gateway
        page.close()
    assert not [line for line in shop.received if any(card in squeezed(line) for card in CARDS)]


def fill(page, number, expiry="12 / 34", cvc="123"):
    page.fill("#card-number", number)
    page.fill("#card-expiry", expiry)
    page.fill("#card-cvc", cvc)
    page.click("#pay-button")


def test_a_card_pays_and_leads_to_the_order(form):
    page, _, payment, gateway = form
    fill(page, "4242 4242 4242 4242")
    page.wait_for_url(f"**/orders/{payment.order_id}")
    assert gateway.get(payment.intent_id).status == "succeeded"


def test_a_declined_card_is_told_and_another_one_pays(form):
    page, _, payment, gateway = form
    fill(page, "4000 0000 0000 0002")
    page.wait_for_selector("#payment-problem:not(.d-none)")
    assert "declined" in page.inner_text("#payment-problem")
    fill(page, "4242424242424242", "1234")
    page.wait_for_url(f"**/orders/{payment.order_id}")
    assert gateway.get(payment.intent_id).status == "succeeded"


def test_a_wrong_expiry_is_told_before_anything_is_sent(form):
    page, _, payment, gateway = form
    fill(page, "4242424242424242", "1")
    page.wait_for_selector("#payment-problem:not(.d-none)")
    assert "MM / YY" in page.inner_text("#payment-problem")
    assert gateway.get(payment.intent_id).status == "requires_payment_method"


def test_a_challenge_is_answered_at_the_bank_and_comes_back(form, stripe_base):
    page, _, payment, gateway = form
    fill(page, "4000 0000 0000 3220")
    page.wait_for_url(f"{stripe_base}/**")
    page.locator("button, input[type=submit]").first.click()
    page.wait_for_url(f"**/orders/{payment.order_id}**")
    assert gateway.get(payment.intent_id).status == "succeeded"


def test_a_challenge_that_is_failed_takes_nothing_and_the_form_says_so(form, stripe_base):
    page, shop, payment, gateway = form
    fill(page, "4000 0000 0000 3220")
    page.wait_for_url(f"{stripe_base}/**")
    page.get_by_role("button", name="Fail authentication").click()
    page.wait_for_url(f"**/orders/{payment.order_id}**")
    assert gateway.get(payment.intent_id).status == "requires_payment_method"
    shop.world.hear(payment.intent_id)
    page.goto(f"{page.url.partition('/orders/')[0]}/payments/{payment.order_id}")
    page.wait_for_selector("#payment-declined")
    fill(page, "4242 4242 4242 4242")
    page.wait_for_url(f"**/orders/{payment.order_id}")
    assert gateway.get(payment.intent_id).status == "succeeded"


def test_a_challenge_that_was_left_can_be_taken_up_again(form, stripe_base):
    page, shop, payment, gateway = form
    address = page.url
    fill(page, "4000 0000 0000 3220")
    page.wait_for_url(f"{stripe_base}/**")
    shop.world.hear(payment.intent_id)
    page.goto(address)
    page.click("#challenge-button")
    page.wait_for_url(f"{stripe_base}/**")
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url(f"**/orders/{payment.order_id}**")
    assert gateway.get(payment.intent_id).status == "succeeded"


def test_a_challenge_that_is_over_elsewhere_leads_to_the_order(form, stripe_base):
    page, shop, payment, _ = form
    address = page.url
    fill(page, "4000 0000 0000 3220")
    page.wait_for_url(f"{stripe_base}/**")
    shop.world.hear(payment.intent_id)
    page.goto(address)
    page.wait_for_selector("#challenge-button")
    url = f"{stripe_base}/_test/payment_intents/{payment.intent_id}/authenticate"
    requests.post(url, json={"outcome": "succeeded"}, timeout=10).raise_for_status()
    page.click("#challenge-button")
    page.wait_for_url(f"**/orders/{payment.order_id}**")


def test_the_page_breaks_none_of_its_own_policy(form):
    page, _, _, _ = form
    violations = []
    page.on("console", lambda message: violations.append(message.text))
    page.reload()
    page.wait_for_selector("#pay-button")
    assert not [text for text in violations if "Content Security Policy" in text]
