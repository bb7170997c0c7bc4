"""From the door to a paid order, over HTTPS and WebSocket on real engines."""

import pytest

from tests.e2e.first_order import first_order
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]


def test_somebody_registers_browses_buys_and_pays(guest, admin, product):
    guest.register()
    found = guest.get(f"/products?search={product['title'].split()[1]}")
    assert [item["id"] for item in found["items"]] == [product["id"]]
    socket = guest.open_socket()
    order_id = guest.buy(product["id"], 3)
    assert guest.pay(order_id)["status"] == "succeeded"
    order = guest.wait_for_order(order_id, "paid")
    assert order["total"] == {"amount": 3499, "currency": "USD"}
    assert order["payment"]["status"] == "succeeded"
    assert [step["status"] for step in order["timeline"]] == ["pending", "awaiting_payment", "paid"]
    confirmed, paid = socket.next_of("order_confirmed"), socket.next_of("order_paid")
    assert (confirmed["sequence"], paid["sequence"]) == (1, 2)
    assert paid["payload"]["order_id"] == order_id
    socket.close()
    wait_until(lambda: guest.get("/cart")["lines"] == [], "the cart is empty")
    assert admin.available(product["id"]) == 97


def test_a_first_order_needs_no_more_than_the_status(stack, product):
    assert stack.database("orders").orders.find_one({"_id": first_order(stack.status())})


def test_a_declined_card_leaves_the_order_payable(shopper, product):
    order_id = shopper.buy(product["id"])
    declined = shopper.pay(order_id, "pm_card_chargeDeclined")
    assert declined["error"]["code"] == "card_declined"
    wait_until(lambda: shopper.payment_status(order_id) == "failed", "it is noted")
    assert shopper.order(order_id)["status"] == "awaiting_payment"
    assert shopper.pay(order_id)["status"] == "succeeded"
    shopper.wait_for_order(order_id, "paid")


def test_a_paid_order_is_cancelled_refunded_and_restocked(shopper, admin, stack, product):
    order_id = shopper.buy(product["id"], 4)
    intent = shopper.pay(order_id)
    shopper.wait_for_order(order_id, "paid")
    shopper.call("POST", f"/orders/{order_id}/cancel", status=200)
    wait_until(lambda: shopper.payment_status(order_id) == "refunded", "the money is back")
    assert shopper.order(order_id)["status"] == "cancelled"
    wait_until(lambda: admin.available(product["id"]) == 100, "the stock is back")
    refunds = stack.stripe("GET", f"/v1/refunds?payment_intent={intent['id']}")["data"]
    assert [refund["amount"] for refund in refunds] == [intent["amount"]]
