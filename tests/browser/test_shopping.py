"""A shopper at a browser: from the storefront to a paid order, with a screen and with a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.person import DECLINED_CARD, GOOD_CARD
from tests.e2e.shop import ADDRESS, PASSWORD
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.browser, pytest.mark.slow]
ORDER = r"/orders/[0-9a-f-]{36}"
LATE_MS = 2500


@pytest.fixture
def late_webhooks(stack):
    """Stripe tells of a payment only when the shopper is back on the order's page."""
    stack.stripe("POST", "/_test/webhooks", json={"delay_ms": LATE_MS})
    yield
    stack.stripe("POST", "/_test/webhooks", json={"delay_ms": 0})


def find_and_add(shopper, product):
    shopper.open("/")
    shopper.fill(search=product["title"])
    shopper.page.locator("#max_price").select_option("2500")
    shopper.page.locator("#in_stock").check()
    shopper.click("Search")
    shopper.sees("#total", re.compile("^1 product$"))
    shopper.page.locator("#categories").get_by_role("link", name="other").click()
    shopper.is_at(r"/products\?.*category=other.*")
    shopper.sees("#total", re.compile("^1 product$"))
    shopper.picture("found")
    shopper.click(product["title"], "link")
    shopper.fill(quantity="2")
    shopper.click("Add to cart")
    shopper.is_at("/cart")


def register(shopper, email):
    shopper.click("Open an account", "link")
    shopper.fill(name="Ann Browser", email=email, password=PASSWORD)
    shopper.click("Register")


def order(shopper):
    address = {name: value for name, value in ADDRESS.items() if name != "name"}
    shopper.fill(**address)
    shopper.picture("checkout")
    shopper.click("Order for $24.99")
    shopper.is_at(ORDER)


def test_a_guest_becomes_a_customer_and_sees_the_order_turn_paid(
    person, product, late_webhooks, stack
):
    shopper = person()
    find_and_add(shopper, product)
    shopper.sees("#cart-count", "2")
    shopper.sees("#cart-total", "$24.99")
    shopper.click("Check out", "link")
    shopper.is_at(r"/login\?next=/checkout")
    register(shopper, f"{product['id']}@example.com")
    shopper.is_at("/checkout")
    shopper.sees("#shown-name", "Ann Browser")
    shopper.sees("#checkout-total", "$24.99")
    order(shopper)
    shopper.mark_document()
    shopper.sees_status("awaiting_payment")
    assert shopper.is_same_document()
    shopper.picture("order-awaiting-payment")
    shopper.click("Pay $24.99")
    shopper.is_at(r"/payments/[0-9a-f-]{36}")
    shopper.pay_with(GOOD_CARD)
    shopper.is_at(ORDER)
    shopper.mark_document()
    shopper.sees_status("awaiting_payment")
    shopper.sees_status("paid")
    shopper.sees(".toast", re.compile(r"Order P-\w+ is paid"))
    shopper.picture("order-paid")
    assert shopper.is_same_document()
    expect(shopper.page.locator("#cart-count")).to_be_empty()
    shopper.click("Cart", "link")
    shopper.sees("#cart-lines", "Your cart is empty")
    shopper.click("Notifications", "link")
    expect(shopper.page.locator("#inbox")).to_contain_text("Order paid")
    shopper.click("Mark all as read")
    expect(shopper.page.get_by_role("button", name="Mark all as read")).to_have_count(0)


def test_a_declined_card_says_why_and_a_second_card_pays(person, shopper, product):
    order_id = shopper.buy(product["id"])
    at_browser = person(width=390)
    at_browser.become(shopper)
    at_browser.open(f"/orders/{order_id}")
    at_browser.page.locator("#pay").click()
    at_browser.is_at(f"/payments/{order_id}")
    at_browser.tolerate(r"status of 402 .*/v1/payment_intents/")
    at_browser.pay_with(DECLINED_CARD)
    at_browser.sees("#payment-problem", "declined")
    at_browser.picture("declined-on-a-phone")
    wait_until(lambda: shopper.payment_status(order_id) == "failed", "it is noted")
    at_browser.pay_with(GOOD_CARD)
    at_browser.is_at(f"/orders/{order_id}")
    at_browser.sees_status("paid")


def test_a_cancelled_order_gives_the_cart_back(person, shopper, product):
    order_id = shopper.buy(product["id"], 3)
    at_browser = person()
    at_browser.become(shopper)
    at_browser.open(f"/orders/{order_id}")
    asked = []

    def agree(dialog):
        asked.append(dialog.message)
        dialog.accept()

    at_browser.page.on("dialog", agree)
    at_browser.click("Cancel this order")
    at_browser.sees_status("cancelled")
    assert asked == ["Cancel this order?"]
    at_browser.sees("#content", "by the buyer")
    at_browser.sees(".toast", "was cancelled")
    at_browser.sees("#cart-count", "3")
    at_browser.click("Cart 3", "link")
    at_browser.sees("#cart-lines", product["title"])


def test_a_refused_form_keeps_what_was_typed(person, shopper, product):
    shopper.add(product["id"])
    at_browser = person()
    at_browser.become(shopper)
    at_browser.open("/checkout")
    at_browser.tolerate("422")
    typed = {"line1": "1 Market Street", "city": "Springfield", "postal_code": "12345"}
    at_browser.fill(**typed)
    # What this browser would catch itself, another may send.
    at_browser.page.locator("#country").evaluate("field => { field.pattern = '.*' }")
    at_browser.fill(country="us")
    at_browser.page.locator("#place-order").click()
    at_browser.sees("#problem", "Country: not in the right form")
    for name, value in typed.items():
        expect(at_browser.page.locator(f"#{name}")).to_have_value(value)
    at_browser.fill(country="US")
    at_browser.page.locator("#place-order").click()
    at_browser.is_at(ORDER)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_its_window(person, shopper, product, width):
    order_id = shopper.buy(product["id"])
    shopper.add(product["id"])
    at_browser = person(width=width)
    at_browser.become(shopper)
    own = ["/cart", "/checkout", "/orders", f"/orders/{order_id}", "/notifications", "/profile"]
    for path in ["/", f"/products/{product['id']}", "/login", "/register", *own]:
        at_browser.open(path)
        root = "document.documentElement"
        excess = at_browser.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        assert excess == 0, path
        assert at_browser.page.locator("h1").count() == 1, path
        at_browser.picture(f"{path.strip('/').split('/')[0] or 'home'}-{width}")


def test_the_cart_can_be_changed_with_the_keyboard(person, shopper, product):
    shopper.add(product["id"])
    at_browser = person()
    at_browser.become(shopper)
    at_browser.open("/cart")
    at_browser.page.keyboard.press("Tab")
    expect(at_browser.page.locator(":focus")).to_have_text("Skip to content")
    at_browser.page.locator(f"#quantity-{product['id']}").focus()
    at_browser.page.keyboard.type("4")
    at_browser.page.keyboard.press("Enter")
    at_browser.sees("#cart-count", "4")
    at_browser.page.get_by_role("button", name=f"Remove {product['title']}").focus()
    at_browser.page.keyboard.press("Enter")
    at_browser.sees("#cart-lines", "Your cart is empty")
