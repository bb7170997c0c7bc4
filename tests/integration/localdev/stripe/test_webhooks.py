import time

import pytest

from localdev.stripe.faults import WINDOW_SECONDS


def test_a_payment_is_told_step_by_step(client, pay, endpoint, wait):
    paid = pay("visa")
    wait(lambda: len(endpoint.received) == 3)
    assert sorted(endpoint.types()) == [
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    told = {event.type: event.data.object for event in endpoint.events()}
    assert told["payment_intent.succeeded"].to_dict() == paid.to_dict()
    assert told["payment_intent.created"].status != "succeeded"


def kinds_of(act, endpoint, wait, last):
    endpoint.received.clear()
    act()
    wait(lambda: last in endpoint.types())
    return set(endpoint.types())


def test_every_change_of_state_is_told(client, server, pay, endpoint, wait):
    intent, paid = pay(), pay("visa")
    wait(lambda: len(endpoint.received) == 4)

    def challenge(outcome):
        client.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_threeDSecure2Required"}
        )
        path = f"/_test/payment_intents/{intent.id}/authenticate"
        server.post(path, json={"outcome": outcome})

    failed = kinds_of(lambda: challenge("failed"), endpoint, wait, "payment_intent.payment_failed")
    assert "payment_intent.requires_action" in failed
    kinds_of(
        lambda: client.payment_intents.cancel(intent.id), endpoint, wait, "payment_intent.canceled"
    )
    refunded = kinds_of(
        lambda: client.refunds.create({"payment_intent": paid.id, "amount": 5}),
        endpoint,
        wait,
        "charge.refunded",
    )
    assert refunded <= {"refund.created", "charge.refunded"}
    change = next(event for event in endpoint.events() if event.type == "charge.refunded")
    assert change.data.object.payment_intent == paid.id
    assert change.data.previous_attributes.amount_refunded == 0


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_is_sent_again(pay, endpoint, wait, status):
    endpoint.statuses[:] = [status, status, status]
    pay()
    wait(lambda: endpoint.types() == ["payment_intent.created"])
    assert endpoint.statuses == []


def test_events_can_be_read_and_tell_who_still_waits(client, pay, server, endpoint, wait):
    server.post("/_test/webhooks", json={"delay_ms": 1500})
    intent = pay()
    (event,) = (
        one
        for one in client.events.list({"type": "payment_intent.created", "limit": 5}).data
        if one.data.object.id == intent.id
    )
    assert client.events.retrieve(event.id).pending_webhooks == 1
    assert event.request.id.startswith("req_")
    wait(lambda: client.events.retrieve(event.id).pending_webhooks == 0)
    assert endpoint.types() == ["payment_intent.created"]


def test_a_decline_rolls_nothing_back(client, pay, endpoint, wait):
    intent = pay()
    with pytest.raises(Exception, match="insufficient funds"):
        client.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"}
        )
    wait(lambda: "payment_intent.payment_failed" in endpoint.types())
    told = next(e for e in endpoint.events() if e.type == "payment_intent.payment_failed")
    assert told.data.object.last_payment_error.decline_code == "insufficient_funds"


def faults(server, **given):
    answer = server.post("/_test/webhooks", json=given)
    assert answer.status_code == 200
    return answer.json()


def test_duplicates_come_on_request(server, pay, endpoint, wait):
    assert faults(server, duplicate=2)["duplicate"] == 2
    pay()
    wait(lambda: len(endpoint.received) == 3)
    assert len({event.id for event in endpoint.events()}) == 1


def test_lost_attempts_are_made_up_for(server, pay, endpoint, wait):
    faults(server, drop=2)
    pay()
    wait(lambda: endpoint.types() == ["payment_intent.created"])
    assert server.get("/_test/webhooks").json()["drop"] == 0


def test_reorder_sends_the_last_first(server, pay, endpoint, wait):
    faults(server, reorder=True)
    # All of them within one window, which changes with the clock.
    wait(lambda: time.time() % WINDOW_SECONDS < WINDOW_SECONDS / 4)
    pay("visa")
    wait(lambda: len(endpoint.received) == 3)
    assert endpoint.types() == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_one_event_can_be_sent_again(server, pay, endpoint, wait):
    pay()
    event = wait(endpoint.events)[0]
    again = server.post("/_test/webhooks/replay", json={"event_id": event.id})
    assert again.json()["id"] == event.id
    wait(lambda: [one.id for one in endpoint.events()] == [event.id, event.id])
    assert server.post("/_test/webhooks/replay", json={"event_id": "evt_x"}).status_code == 404


@pytest.mark.parametrize("body", [{"drop": -1}, {"colour": 1}, {"reorder": "yes"}, []])
def test_a_fault_that_cannot_be_is_refused(server, body):
    assert server.post("/_test/webhooks", json=body).status_code == 400
