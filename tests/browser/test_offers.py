"""A coupon that the back office gives out, and what its buyer says of the goods."""

import re
import uuid

import pytest

from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.browser, pytest.mark.slow]


def test_a_coupon_is_given_out_used_and_counted(clerk, person, shopper, product):
    code = f"T{uuid.uuid4().hex[:8]}".upper()
    clerk.click("Coupons", "link")
    clerk.fill(code=code.lower(), percent_off="25", max_uses="1")
    clerk.click("Give it out")
    clerk.sees(f"[data-coupon={code}]", "0 of 1")
    clerk.picture("back-office-coupons")
    shopper.add(product["id"], 2)
    buyer = person(width=390)
    buyer.become(shopper)
    buyer.open("/cart")
    buyer.sees("#cart-total", "$24.99")
    buyer.page.locator("#coupon-code").fill(code)
    buyer.click("Apply")
    buyer.sees("#coupon", "25 % off")
    buyer.sees("#cart-total", "$19.99")
    buyer.picture("coupon-390")
    order_id = shopper.check_out()
    order = shopper.wait_for_order(order_id, "awaiting_payment")
    assert (order["discount"]["amount"], order["total"]["amount"]) == (500, 1999)
    clerk.open("/admin/coupons")
    clerk.sees(f"[data-coupon={code}]", "1 of 1")


def test_a_buyer_reviews_what_was_bought(person, shopper, product):
    order_id = shopper.buy(product["id"])
    shopper.pay(order_id)
    shopper.wait_for_order(order_id, "paid")
    wait_until(lambda: shopper.get("/export/products")["purchases"], "the purchase is known")
    buyer = person(width=390)
    buyer.become(shopper)
    buyer.open(f"/products/{product['id']}")
    buyer.sees("#reviews", "Nobody has reviewed it yet")
    buyer.click("Write a review", "link")
    buyer.sees("h1", f"Reviews of {product['title']}")
    buyer.page.locator("#review-rating").select_option("4")
    buyer.fill(review__text="Does what it says.", review__name="Ann O.")
    buyer.click("Publish")
    buyer.sees("#reviews article", "Ann O.")
    buyer.picture("reviews-390")
    buyer.open(f"/products/{product['id']}")
    buyer.sees("#reviews", "Does what it says.")
    buyer.page.wait_for_function(
        "async (path) => (await (await fetch(path)).json()).rating.count === 1",
        arg=f"/api/products/{product['id']}",
    )
    buyer.open(f"/products/{product['id']}")
    buyer.sees("#content", re.compile(r"4\.0|1 review"))


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_the_back_office_is_wider_than_its_window(clerk, width):
    """Lists, reports and forms; tables scroll within themselves."""
    clerk.page.set_viewport_size({"width": width, "height": 900})
    lists = ["orders", "users", "coupons", "imports", "events", "dead-letters"]
    reports = ["reports/sales", "reports/checkouts"]
    for path in ["/dashboard", *(f"/admin/{name}" for name in [*lists, *reports])]:
        clerk.open(path)
        root = "document.documentElement"
        excess = clerk.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        assert excess == 0, path
        assert clerk.page.locator("h1").count() == 1, path
