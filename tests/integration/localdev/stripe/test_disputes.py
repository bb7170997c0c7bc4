"""Disputes over HTTP: made and decided by a test, told by webhooks, seen by Stripe's SDK."""

import pytest
import stripe


@pytest.fixture
def control(server):
    def post(intent_id, path="", **options):
        return server.post(f"/_test/payment_intents/{intent_id}/dispute{path}", **options)

    return post


def decide(control, intent_id, outcome):
    return control(intent_id, "/close", json={"outcome": outcome})


def test_a_dispute_is_told_and_listed(client, pay, control, endpoint, wait):
    intent = pay("visa")
    made = control(intent.id, json={"reason": "product_not_received"})
    assert (made.status_code, made.json()["object"]) == (200, "dispute")
    wait(lambda: "charge.dispute.created" in endpoint.types())
    (event,) = [one for one in endpoint.events() if one.type == "charge.dispute.created"]
    assert event.data.object.payment_intent == intent.id
    (dispute,) = client.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.reason) == ("needs_response", "product_not_received")
    assert dispute.amount == 1299
    assert client.disputes.retrieve(dispute.id).charge == intent.latest_charge
    assert client.charges.retrieve(intent.latest_charge).disputed


def test_a_dispute_needs_no_reason(pay, control):
    assert control(pay("visa").id).json()["reason"] == "fraudulent"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_decision_is_told_and_final(client, pay, control, endpoint, wait, outcome):
    intent = pay("visa")
    control(intent.id)
    assert decide(control, intent.id, outcome).json()["status"] == outcome
    wait(lambda: "charge.dispute.closed" in endpoint.types())
    (dispute,) = client.disputes.list({"payment_intent": intent.id}).data
    assert dispute.status == outcome
    assert decide(control, intent.id, outcome).status_code == 409


def test_only_what_was_won_can_be_refunded(client, pay, control):
    won, lost = pay("visa").id, pay("visa").id
    for intent_id, outcome in ((won, "won"), (lost, "lost")):
        control(intent_id)
        decide(control, intent_id, outcome)
    assert client.refunds.create({"payment_intent": won}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.refunds.create({"payment_intent": lost})
    assert refused.value.code == "charge_disputed"


def test_a_wrong_control_is_told_what_is_wrong(pay, control):
    paid, unpaid = pay("visa").id, pay().id
    assert control("pi_x").status_code == 404
    assert control(unpaid).status_code == 409
    assert control(paid, data="{").status_code == 400
    assert decide(control, paid, "won").status_code == 409
    control(paid)
    assert control(paid).status_code == 409
    assert decide(control, paid, "maybe").status_code == 400
    assert control(paid, "/close").status_code == 400
    assert decide(control, "pi_x", "won").status_code == 404
