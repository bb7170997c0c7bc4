"""Somebody takes their data along and leaves: afterwards no context knows who they were."""

import json
import uuid

import pytest

from tests.e2e.refused import holdings
from tests.e2e.shop import ADDRESS, PASSWORD, Client
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]
CONTEXTS = ("auth", "products", "cart", "orders", "payments", "notifications")


class Leaver(Client):
    """Somebody whose every personal detail can be told from all others."""

    def __init__(self, stack):
        super().__init__(stack)
        mark = uuid.uuid4().hex[:12]
        self.details = {
            name: f"{name}{mark}" for name in ("name", "phone", "home", "street", "says")
        }
        self.email = f"{mark}@example.com"
        body = {
            "email": self.email,
            "password": PASSWORD,
            "name": self.details["name"],
            "phone": self.details["phone"],
            "address": self.details["home"],
        }
        self.id = self.call("POST", "/auth/register", body, status=201).json()["user"]["id"]

    def buy_and_receive(self, admin, product):
        """An order that is paid and delivered."""
        self.add(product["id"])
        address = ADDRESS | {"name": self.details["name"], "line1": self.details["street"]}
        answer = self.call("POST", "/cart/checkout", {"shipping_address": address}, status=201)
        order_id = answer.json()["order_id"]
        self.wait_for_order(order_id, "awaiting_payment")
        self.pay(order_id)
        self.wait_for_order(order_id, "paid")
        for status in ("shipped", "delivered"):
            admin.call("POST", f"/admin/orders/{order_id}/advance", {"status": status}, status=200)
        return order_id

    def review(self, product):
        """Says something under their own name, as soon as the purchase is known."""
        place = f"/products/{product['id']}/reviews"
        body = {"rating": 2, "text": self.details["says"], "name": self.details["name"]}
        wait_until(lambda: self.call("POST", place, body).status_code == 201, "it may be reviewed")

    def traces(self, stack):
        """The documents, by collection and id, that still have a personal detail."""
        wanted = {self.email, *self.details.values()}
        return [
            f"{place}/{key}"
            for place, documents in holdings(stack).items()
            for key, document in documents.items()
            if any(one in json.dumps(document, default=str) for one in wanted)
        ]


def rating_of(admin, product):
    return admin.get(f"/products/{product['id']}")["rating"]


def test_who_leaves_takes_everything_along(stack, admin, product):
    leaver = Leaver(stack)
    order_id = leaver.buy_and_receive(admin, product)
    leaver.review(product)
    wait_until(lambda: rating_of(admin, product)["count"] == 1, "the rating is counted")
    stack.wait_until_quiet()

    taken = {context: leaver.get(f"/export/{context}") for context in CONTEXTS}
    assert taken["auth"]["profile"]["email"] == leaver.email
    assert taken["products"]["reviews"][0]["text"] == leaver.details["says"]
    assert [order["id"] for order in taken["orders"]["orders"]] == [order_id]
    assert leaver.details["street"] in json.dumps(taken["orders"])
    assert order_id in json.dumps(taken["payments"])
    assert order_id in json.dumps(taken["notifications"])
    known = {trace.partition(".")[0] for trace in leaver.traces(stack)}
    assert known >= {"auth", "orders", "products", "notifications"}

    token = leaver.cookies["__Host-access"]
    leaver.call("DELETE", "/auth/me", {"password": PASSWORD}, status=204)
    late = {"Authorization": f"Bearer {token}"}
    assert leaver.call("GET", "/orders", headers=late).status_code == 401
    wait_until(lambda: leaver.traces(stack) == [], "everything is forgotten", 30.0)

    wait_until(lambda: rating_of(admin, product)["count"] == 0, "the rating is counted again")
    order = admin.get(f"/orders/{order_id}")
    assert (order["status"], order["total"]["amount"]) == ("delivered", 1499)
    assert admin.get(f"/admin/users?search={leaver.email}")["total"] == 0
    again = {"email": leaver.email, "password": PASSWORD, "name": "Somebody else"}
    Client(stack).call("POST", "/auth/register", again, status=201)
