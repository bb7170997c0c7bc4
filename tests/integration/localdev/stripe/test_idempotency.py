from typing import Any

import pytest
import stripe

INTENT = {"amount": 1299, "currency": "usd"}


def test_the_same_key_gives_the_same_intent(client, raw):
    options = {"idempotency_key": "same-1"}
    one, other = (client.payment_intents.create(INTENT, options) for _ in range(2))
    assert one.to_dict() == other.to_dict()
    _, _, first = raw("/v1/payment_intents", INTENT, **{"Idempotency-Key": "same-raw"})
    _, _, second = raw("/v1/payment_intents", INTENT, **{"Idempotency-Key": "same-raw"})
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["Original-Request"] == first["Request-Id"]


def test_another_key_or_none_gives_another_intent(client):
    made = {
        client.payment_intents.create(INTENT, options).id
        for options in ({"idempotency_key": "a"}, {"idempotency_key": "b"}, {}, {})
    }
    assert len(made) == 4


@pytest.mark.parametrize("changes", [{"amount": 1300}, {"metadata": {"a": "1"}}])
def test_the_same_key_with_other_parameters_is_refused(client, changes):
    options = {"idempotency_key": f"other-{changes}"}
    client.payment_intents.create(INTENT, options)
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.payment_intents.create(INTENT | changes, options)
    assert refused.value.http_status == 400


def test_the_same_key_at_another_address_is_refused(client, pay):
    one, other = pay(), pay()
    options = {"idempotency_key": "address"}
    client.payment_intents.cancel(one.id, {}, options)
    with pytest.raises(stripe.IdempotencyError):
        client.payment_intents.cancel(other.id, {}, options)
    assert client.payment_intents.retrieve(other.id).status == "requires_payment_method"


def test_a_decline_is_kept_too(client, pay):
    intent, charges = pay(), set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            client.payment_intents.confirm(
                intent.id,
                {"payment_method": "pm_card_chargeDeclined"},
                {"idempotency_key": "declined"},
            )
        error: Any = declined.value.error
        charges.add(error.charge)
    assert len(charges) == 1
    assert len(client.charges.list({"payment_intent": intent.id}).data) == 1


def test_an_invalid_request_uses_no_key_up(client):
    options = {"idempotency_key": "mended"}
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.create(INTENT | {"amount": 1}, options)
    assert client.payment_intents.create(INTENT, options).amount == 1299


def test_a_refund_is_made_once(client, pay):
    paid = pay("visa")
    params = {"payment_intent": paid.id, "amount": 100}
    made = {client.refunds.create(params, {"idempotency_key": "once"}).id for _ in range(3)}
    assert len(made) == 1
    assert client.charges.retrieve(paid.latest_charge).amount_refunded == 100


def test_a_key_has_at_most_255_characters(client):
    with pytest.raises(stripe.InvalidRequestError, match="at most 255"):
        client.payment_intents.create(INTENT, {"idempotency_key": "k" * 256})
