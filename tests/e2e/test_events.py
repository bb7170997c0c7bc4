"""Events that come again, late, in another order, forged, or that nobody can take."""

import random

import pytest

from shared.contracts.orders import OrderCancelled
from shared.contracts.payments import PaymentCreated, PaymentFailed, PaymentRefunded
from shared.kernel.ids import ProductId, new_id
from shared.kernel.money import Money
from tests.e2e.knowledge import known_of, webhook_faults
from tests.e2e.recorded import deliver, publish, reactions_to, recorded, signed
from tests.e2e.rush import order_for
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

# A KafkaSource tries seven times within 26 s before it gives an event up.
RETRIED_SECONDS = 60.0


# ---- again, and in another order


def end_unpaid(shopper, order_id):
    shopper.start_payment(order_id)
    shopper.call("POST", f"/orders/{order_id}/cancel", status=200)


def end_paid(shopper, order_id):
    shopper.pay(order_id, "pm_card_chargeDeclined")
    # A card that is taken before the decline was looked at leaves no decline to tell of.
    wait_until(lambda: shopper.payment_status(order_id) == "failed", "the decline is noted")
    shopper.pay(order_id)
    shopper.wait_for_order(order_id, "paid")


def end_refunded(shopper, order_id):
    end_paid(shopper, order_id)
    shopper.call("POST", f"/orders/{order_id}/cancel", status=200)
    wait_until(lambda: shopper.payment_status(order_id) == "refunded", "money is back")


TOLD = {"product.created", "product.updated", "order.created", "stock.reserved", "order.confirmed"}


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (end_unpaid, {"payment.started", "order.cancelled"}),
        (end_paid, {"payment.failed", "payment.created", "order.paid"}),
        (end_refunded, {"payment.created", "order.paid", "order.cancelled", "payment.refunded"}),
    ],
)
def test_events_that_come_again_in_any_order_change_nothing(stack, shopper, product, end, told):
    order_id = shopper.buy(product["id"], 2)
    end(shopper, order_id)
    before = known_of(stack, order_id)
    history = recorded(stack, product["id"], order_id)
    assert {event.topic for event in history} >= TOLD | told
    again = [(reaction, event) for event in history for reaction in reactions_to(event.topic)]
    shuffled = random.Random(7).sample(again * 2, 2 * len(again))  # twice each, by the same dice
    for reaction, event in shuffled:
        answer = deliver(stack, reaction, event)
        assert answer.status_code == 204, f"{reaction} on {event.topic}: {answer.text}"
    assert known_of(stack, order_id) == before


def test_a_cancellation_that_overtakes_its_order_holds_nothing(stack, shopper, admin, product):
    created = order_for(ProductId(product["id"]))
    told = {name: getattr(created, name) for name in type(created).__dataclass_fields__}
    cancelled = OrderCancelled(**told | {"status": "cancelled", "version": 2})
    overtaking = signed(stack, cancelled, cancelled.id)
    assert deliver(stack, "products-release-reservation", overtaking).status_code == 204
    late = signed(stack, created, created.id)
    assert deliver(stack, "products-reserve-stock", late).status_code == 204
    assert admin.available(product["id"]) == 100
    shopper.buy(product["id"])
    assert admin.available(product["id"]) == 99


@pytest.mark.parametrize(
    "faults",
    [
        {"duplicate": 6},
        {"delay_ms": 900, "reorder": True},
        {"drop": 3},
        {"duplicate": 3, "delay_ms": 300, "reorder": True, "drop": 4},
    ],
    ids=" ".join,
)
def test_webhooks_doubled_late_reordered_or_lost_pay_once(stack, shopper, admin, product, faults):
    order_id = shopper.buy(product["id"], 2)
    with webhook_faults(stack, **faults):
        shopper.pay(order_id, "pm_card_chargeDeclined")
        intent = shopper.pay(order_id)
        shopper.wait_for_order(order_id, "paid")
    known = known_of(stack, order_id)
    assert known["order"]["status"] == "paid"
    assert known["payment"]["status"] == "succeeded"
    assert known["money"] == [(intent["amount"], 0)]
    told = [note["type"] for note in known["notifications"]]
    assert (told.count("order_paid"), told.count("payment_failed") <= 1) == (1, True)
    assert admin.available(product["id"]) == 98


# ---- forged


def make_unpaid(shopper, product):
    order_id = shopper.buy(product["id"])
    shopper.start_payment(order_id)
    return wait_until(
        lambda: (order := shopper.order(order_id))["payment"] and order, "the start is known"
    )


@pytest.fixture
def unpaid(shopper, product):
    """An order whose payment was started and not made."""
    return make_unpaid(shopper, product)


def payment_of(order, kind, **fields):
    told = {
        "id": order["payment"]["id"],
        "order_id": order["id"],
        "user_id": "somebody",
        "status": "succeeded",
        "amount": Money(**order["total"]),
        "refunded": Money(0, "USD"),
        "version": 50,
    }
    return kind(**told | fields)


def test_forged_events_are_refused_for_good_and_change_nothing(stack, shopper, unpaid):
    payment = payment_of(unpaid, PaymentCreated)
    genuine = signed(stack, payment, payment.id)
    other_type = payment_of(unpaid, PaymentRefunded, status="refunded")
    forged = {
        "no signature": genuine.with_headers(popshopsig=""),
        "a made-up signature": genuine.with_headers(popshopsig="0" * 64),
        "another context's key": signed(stack, payment, payment.id, signer="cart"),
        "another source": genuine.with_headers(source="/popshop/orders"),
        "another subject": genuine.with_headers(subject="another"),
        "another version": genuine.with_headers(aggregateversion="51"),
        "another id": genuine.with_headers(id="another"),
        "another type, signed": signed(stack, other_type, payment.id),
        "another type in the header": genuine.with_headers(type="popshop.payment.refunded.v1"),
        "other data": genuine.with_body(genuine.body.replace(b'"USD"', b'"EUR"')),
    }
    before = known_of(stack, unpaid["id"])
    answers = {
        name: deliver(stack, "orders-mark-order-paid", event) for name, event in forged.items()
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(
        forged, 422
    )
    assert answers["a made-up signature"].json()["code"] == "bad_signature"
    assert known_of(stack, unpaid["id"]) == before
    assert deliver(stack, "orders-mark-order-paid", genuine).status_code == 204
    assert shopper.order(unpaid["id"])["status"] == "paid"


def test_a_post_that_is_no_cloud_event_is_refused_for_good(stack, unpaid):
    genuine = signed(stack, payment_of(unpaid, PaymentCreated), "any")
    del genuine.headers["ce-specversion"]
    assert deliver(stack, "orders-mark-order-paid", genuine).status_code == 400


def test_a_genuine_event_does_not_come_in_through_the_gateway(stack, guest, shopper, unpaid):
    """Reactions have no route, whatever host or service a client names."""
    event = signed(stack, payment_of(unpaid, PaymentCreated), "any")
    service = "orders-mark-order-paid"
    tries = [
        ("/", {"x-shop-service": service}),
        ("/api/payments/webhook", {"x-shop-service": service}),
        ("/", {"Host": f"{service}.popshop.svc.cluster.local"}),
        (f"/_services/{service}/", {}),
    ]
    for path, headers in tries:
        answer = guest.send("POST", path, data=event.body, headers=event.headers | headers)
        assert answer.status_code in {400, 403, 404, 405}, f"{path} {headers}: {answer.text}"
    assert shopper.order(unpaid["id"])["status"] == "awaiting_payment"
    assert deliver(stack, service, event).status_code == 204


# ---- dead letters


def letters_of(admin, event):
    """The letters of an event by reaction."""
    items = admin.get("/admin/dead-letters?page_size=100")["items"]
    about = [item for item in items if item["event"]["id"] == event.headers["ce-id"]]
    return {item["reaction"]: item for item in about}


def test_a_poison_event_is_a_dead_letter_at_once_until_it_is_discarded(
    stack, shopper, admin, unpaid
):
    payment = payment_of(unpaid, PaymentFailed, status="failed", reason="declined")
    poison = signed(stack, payment, payment.id, signer="cart")
    publish(stack, poison)
    letters = wait_until(
        lambda: len(found := letters_of(admin, poison)) == 2 and found,
        "both reactions' letters are parked",
        10.0,
    )
    assert set(letters) == set(reactions_to("payment.failed"))
    letter = letters["orders-note-payment-failure"]
    assert (letter["code"], letter["attempts"]) == (422, 1)
    assert "not signed by /popshop/payments" in letter["error"]
    assert letter["event"]["data"]["order_id"] == unpaid["id"]
    place = f"/admin/dead-letters/{letter['id']}"
    refused = admin.call("POST", f"{place}/replay", status=409).json()
    assert refused["code"] == "replay_failed"
    assert letters_of(admin, poison)["orders-note-payment-failure"]["attempts"] == 2
    shopper.call("DELETE", place, status=404)
    for one in letters.values():
        admin.call("DELETE", f"/admin/dead-letters/{one['id']}", status=204)
    admin.call("DELETE", place, status=404)
    assert letters_of(admin, poison) == {}
    assert shopper.order(unpaid["id"])["payment"]["status"] == "requires_payment_method"
    healthy = signed(stack, payment, payment.id)
    publish(stack, healthy)
    wait_until(
        lambda: shopper.payment_status(unpaid["id"]) == "failed",
        "the events behind it arrive",
    )


def test_dead_letters_are_replayed_once_their_cause_is_gone(stack, shopper, admin):
    """Orders were lost and are restored: one letter is replayed by a person, one by itself."""
    orders = stack.database("orders").orders
    made = [make_unpaid(shopper, admin.create_product()) for _ in range(2)]
    lost = [orders.find_one({"_id": order["id"]}) for order in made]
    events = []
    for partition, order in enumerate(lost):
        orders.delete_one({"_id": order["_id"]})
        told = {"payment": order["payment"], "id": order["_id"], "total": order["total"]}
        payment = payment_of(told, PaymentFailed, status="failed", reason="declined")
        events.append(signed(stack, payment, new_id()))
        publish(stack, events[-1], partition)
    wait_until(
        lambda: all(letters_of(admin, event) for event in events),
        "the letters are parked",
        RETRIED_SECONDS,
    )
    letters = [letters_of(admin, event) for event in events]
    by_hand, by_itself = (found["orders-note-payment-failure"]["id"] for found in letters)
    assert {found["orders-note-payment-failure"]["code"] for found in letters} == {422}
    admin.call("POST", f"/admin/dead-letters/{by_hand}/replay", status=409)
    orders.insert_many(lost)
    admin.call("POST", f"/admin/dead-letters/{by_hand}/replay", status=200)
    kept = stack.database("ops").dead_letters
    due = kept.find_one({"_id": by_itself})["first_at"]
    kept.update_one({"_id": by_itself}, {"$set": {"replay_at": due}})
    stack.tick("ops-replay-due-letters")
    assert [letters_of(admin, event) for event in events] == [{}, {}]
    for order in lost:
        assert shopper.order(order["_id"])["payment"]["status"] == "failed"
