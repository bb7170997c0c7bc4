"""An administrator at a browser: products, imports, orders, dead letters."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from shared.contracts.payments import PaymentStarted
from shared.kernel.ids import new_id
from shared.kernel.money import Money
from tests.browser.person import artifacts_of
from tests.e2e.recorded import publish, signed
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.browser, pytest.mark.slow]


def test_a_product_is_made_pictured_and_edited(clerk, stack, admin):
    clerk.page.locator("#new-product summary").click()
    clerk.fill(title="Paper Crane", category="other", price="12.50", stock="7")
    clerk.fill(description="Folded by hand.")
    clerk.click("Create")
    clerk.is_at(r"/products/[0-9a-f-]{36}")
    file = artifacts_of(stack) / "crane.png"
    Image.new("RGB", (640, 480), "orange").save(file)
    clerk.page.locator("#image").set_input_files(file)
    clerk.click("Upload")
    picture = clerk.page.locator("#pictures img")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("image => image.naturalWidth") > 0
    clerk.fill(title="Paper Swan", price="9")
    clerk.click("Save")
    clerk.sees("h1", "Paper Swan")
    clerk.fill(delta="-3")
    clerk.page.locator("#stock-delta button").click()
    clerk.sees("#available", "4")
    clerk.picture("back-office-product")
    product = admin.get(f"/products/{clerk.page.url.rsplit('/', 1)[1]}")
    assert (product["title"], product["price"]["amount"]) == ("Paper Swan", 900)
    assert (product["available"], len(product["images"])) == (4, 1)


def test_a_file_of_products_is_imported_and_says_which_row_is_wrong(clerk, stack):
    file = artifacts_of(stack) / "products.csv"
    sku = new_id()
    rows = [f"{sku}-1,Kite,,other,1500,3", f"{sku}-2,Yo-yo,,other,500,9"]
    rows += [f"{sku}-3,Top,,other,cheap,1"]
    file.write_text("\n".join(["sku,title,description,category,price,stock", *rows]))
    clerk.click("Import", "link")
    clerk.page.locator("#file").set_input_files(file)
    clerk.click("Import")
    clerk.sees("#status", "done")
    clerk.sees("#counts", "2 created, 0 updated, 1 failed of 3 rows")
    expect(clerk.page.locator("#import-progress tbody tr")).to_contain_text("price")
    clerk.picture("back-office-import")


def test_a_paid_order_is_found_and_shipped(clerk, shopper, product):
    order_id = shopper.buy(product["id"])
    shopper.pay(order_id)
    number = shopper.wait_for_order(order_id, "paid")["number"]
    clerk.click("Orders", "link")
    clerk.sees("h1", "Orders")
    clerk.page.get_by_label("Search", exact=True).fill(number)
    clerk.page.get_by_label("Status", exact=True).select_option("paid")
    clerk.click("Filter")
    clerk.click(number, "link")
    clerk.is_at(f"/orders/{order_id}")
    clerk.page.get_by_label("Parcel number").fill("TRACK-1")
    clerk.click("Mark as shipped")
    clerk.sees_status("shipped")
    clerk.sees("#tracking", "TRACK-1")
    clerk.picture("back-office-order")
    assert shopper.order(order_id)["status"] == "shipped"


def payment_of(order_id):
    amount, nothing = Money(100, "USD"), Money(0, "USD")
    return PaymentStarted(
        id=new_id(),
        order_id=order_id,
        user_id=new_id(),
        status="processing",
        amount=amount,
        refunded=nothing,
        version=1,
    )


def test_a_dead_letter_is_looked_at_and_discarded(clerk, stack, admin, product):
    forged = signed(stack, payment_of(product["id"]), product["id"], signer="cart")
    publish(stack, forged)
    wait_until(
        lambda: product["id"] in admin.call("GET", "/admin/dead-letters").text, "it is parked", 60
    )
    letter = clerk.page.get_by_role("row").filter(has_text=product["id"])
    clerk.click("Dead letters", "link")
    letter.first.locator("summary").click()
    expect(letter.first).to_contain_text(re.compile("400|422"))
    clerk.picture("back-office-dead-letters")
    clerk.page.on("dialog", lambda dialog: dialog.accept())
    before = letter.count()
    letter.first.get_by_role("button", name="Discard").click()
    expect(letter).to_have_count(before - 1)
