"""An administrator's day in the back office, from the dashboard to the last dead letter."""

import re
import uuid

import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.contracts.payments import PaymentFailed
from shared.kernel.ids import new_id
from shared.kernel.money import Money
from tests.browser.person import artifacts_of
from tests.e2e.recorded import publish, signed
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.browser, pytest.mark.slow]
PRODUCT = r"/products/[0-9a-f-]{36}"
REACTION = "orders-note-payment-failure"
# A KafkaSource tries seven times before it gives an event up.
PARKED_SECONDS = 60.0


def test_an_administrators_day(clerk, stack, admin, shopper, product):
    clerk.page.on("dialog", lambda dialog: dialog.accept())
    looks_at_the_dashboard(clerk)
    product_id = puts_a_product_on_sale(clerk, stack)
    stack.wait_for_product(admin.get(f"/products/{product_id}"))
    order_id = shopper.buy(product_id, 2)
    shopper.pay(order_id)
    number = shopper.wait_for_order(order_id, "paid")["number"]
    ships(clerk, number)
    refunds(clerk)
    wait_until(lambda: shopper.payment_status(order_id) == "partially_refunded", "it is told")
    unpaid = shopper.buy(product["id"])
    replays_a_dead_letter(clerk, stack, admin, unpaid)
    assert shopper.payment_status(unpaid) == "failed"
    blocks(clerk, shopper)
    reads_events(clerk, order_id)
    sees_the_sale(clerk, number)


def looks_at_the_dashboard(clerk):
    clerk.click("Dashboard", "link")
    clerk.sees("h1", "Dashboard")
    clerk.sees("#sales-cards", "Revenue")
    clerk.sees("#user-count", re.compile(r"\d+ users"))
    clerk.sees("#letter-count", re.compile(r"\d+ dead letters?"))
    expect(clerk.page.locator("#sales-chart svg")).to_be_visible()
    clerk.picture("back-office-dashboard")


def puts_a_product_on_sale(clerk, stack):
    clerk.click("Products", "link")
    clerk.page.locator("#new-product summary").click()
    clerk.fill(title=f"Music box {uuid.uuid4().hex[:6]}", category="other", price="30", stock="1")
    clerk.fill(description="Plays one tune.")
    clerk.click("Create")
    clerk.is_at(PRODUCT)
    file = artifacts_of(stack) / "box.png"
    Image.new("RGB", (800, 800), "teal").save(file)
    clerk.page.locator("#image").set_input_files(file)
    clerk.click("Upload")
    expect(clerk.page.locator("#pictures img")).to_have_count(1)
    clerk.fill(delta="9")
    clerk.page.locator("#stock-delta button").click()
    clerk.sees("#available", "10")
    return clerk.page.url.rsplit("/", 1)[1]


def ships(clerk, number):
    clerk.click("Orders", "link")
    clerk.page.get_by_label("Search", exact=True).fill(number)
    clerk.click("Filter")
    clerk.click(number, "link")
    clerk.page.get_by_label("Parcel number").fill("TRACK-7")
    clerk.click("Mark as shipped")
    clerk.sees_status("shipped")


def refunds(clerk):
    clerk.click("Payment and refunds", "link")
    clerk.sees("#payment-status", "succeeded")
    clerk.fill(refund__amount="12.50")
    clerk.click("Refund")
    clerk.sees("#payment-refunded", "$12.50")
    clerk.picture("back-office-refund")


def replays_a_dead_letter(clerk, stack, admin, order_id):
    """Orders lost an order; it is restored, and the event that came meanwhile is replayed."""
    orders = stack.database("orders").orders
    lost = orders.find_one({"_id": order_id})
    orders.delete_one({"_id": order_id})
    failure = PaymentFailed(
        id=new_id(),
        order_id=order_id,
        user_id=lost["user_id"],
        status="failed",
        amount=Money(**lost["total"]),
        refunded=Money(0, "USD"),
        reason="declined",
        version=2,
    )
    publish(stack, signed(stack, failure, failure.id))

    def is_parked():
        found = admin.get("/admin/dead-letters?page_size=100")["items"]
        return REACTION in [one["reaction"] for one in found if failure.id in str(one["event"])]

    wait_until(is_parked, "the letter is parked", PARKED_SECONDS)
    orders.insert_one(lost)
    clerk.click("Dead letters", "link")
    letter = clerk.page.get_by_role("row").filter(has_text=failure.id).filter(has_text=REACTION)
    letter.get_by_role("button", name="Replay").click()
    expect(letter).to_have_count(0)


def blocks(clerk, shopper):
    email = shopper.get("/auth/me")["user"]["email"]
    clerk.click("Users", "link")
    clerk.fill(search=email[:12])
    clerk.click("Search")
    clerk.picture("back-office-users")
    clerk.click(email, "link")
    clerk.sees("#standing", "may log in")
    clerk.click("Block")
    clerk.sees("#standing", "blocked")
    shopper.call("GET", "/auth/me", status=401)
    clerk.click("Unblock")
    clerk.sees("#standing", "may log in")


def reads_events(clerk, order_id):
    clerk.click("Events", "link")
    clerk.page.get_by_label("Subject").fill(order_id)
    clerk.click("Filter")
    clerk.sees("#content", "popshop.order.paid.v1")
    clerk.picture("back-office-events")


def sees_the_sale(clerk, number):
    clerk.click("Dashboard", "link")
    clerk.sees("#recent-orders", number)
    clerk.click("Sales", "link")
    clerk.sees("#sales-top-products", "Music box")
    clerk.picture("back-office-sales")
