from typing import Any

import pytest
import stripe


def test_an_intent_is_made_and_found_again(client, pay):
    made = pay(metadata={"order_id": "o1"}, description="Order 1")
    found = client.payment_intents.retrieve(made.id)
    assert (found.status, found.amount, found.currency) == ("requires_payment_method", 1299, "usd")
    assert found.metadata.order_id == "o1"
    assert found.client_secret.startswith(f"{made.id}_secret_")
    assert found.to_dict() == made.to_dict()


def test_a_good_card_succeeds_with_a_charge(client, pay):
    paid = client.payment_intents.retrieve(pay("visa").id, {"expand": ["latest_charge"]})
    assert (paid.status, paid.amount_received) == ("succeeded", 1299)
    assert paid.latest_charge.paid
    assert paid.latest_charge.payment_method_details.card.last4 == "4242"


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("chargeDeclined", "card_declined", "generic_decline"),
        ("chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_is_a_card_error_and_leaves_the_intent_payable(
    client, pay, card, code, decline_code
):
    intent = pay()
    with pytest.raises(stripe.CardError) as declined:
        client.payment_intents.confirm(intent.id, {"payment_method": f"pm_card_{card}"})
    error: Any = declined.value.error
    assert (declined.value.http_status, error.code, error.decline_code) == (402, code, decline_code)
    assert error.payment_intent.id == intent.id
    found = client.payment_intents.retrieve(intent.id)
    assert found.status == "requires_payment_method"
    assert found.last_payment_error.charge == found.latest_charge == error.charge
    assert client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == (
        "succeeded"
    )


def test_update_confirm_and_list(client, pay):
    intent = pay()
    changed = client.payment_intents.update(
        intent.id, {"amount": 2000, "payment_method": "pm_card_visa", "metadata": {"a": "1"}}
    )
    assert (changed.amount, changed.status) == (2000, "requires_confirmation")
    assert client.payment_intents.confirm(intent.id).amount_received == 2000
    assert client.payment_intents.list({"limit": 1}).data[0].id == intent.id


def test_lists_are_paged_from_the_newest(client, pay):
    ids = [pay().id for _ in range(3)]
    first = client.payment_intents.list({"limit": 2})
    assert [one.id for one in first.data] == [ids[2], ids[1]]
    assert first.has_more
    after = client.payment_intents.list({"limit": 1, "starting_after": ids[1]})
    assert after.data[0].id == ids[0]
    before = client.payment_intents.list({"limit": 1, "ending_before": ids[0]})
    assert before.data[0].id == ids[1]
    walked = [one.id for one, _ in zip(first.auto_paging_iter(), range(3), strict=False)]
    assert walked == ids[::-1]


@pytest.mark.parametrize("card", [None, "threeDSecure2Required"])
def test_an_open_intent_is_cancelled_once(client, pay, card):
    intent = pay(card)
    ended = client.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.payment_intents.cancel(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_a_paid_intent_is_neither_cancelled_nor_paid_again(client, pay):
    paid = pay("visa")
    for call in (client.payment_intents.cancel, client.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            call(paid.id)
        assert refused.value.http_status == 400
        assert refused.value.code == "payment_intent_unexpected_state"
        error: Any = refused.value.error
        assert error.payment_intent.status == "succeeded"
    assert len(client.charges.list({"payment_intent": paid.id}).data) == 1


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 49}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": "12.99"}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"capture_method": "manual"}, None, "capture_method"),
        ({"payment_method_types": ["sofort"]}, None, "payment_method_types"),
        ({"return_url": "https://x.test"}, None, "return_url"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"expand": ["colour"]}, "property_not_expandable", "expand"),
    ],
)
def test_a_wrong_parameter_is_named_and_nothing_is_made(client, pay, changes, code, param):
    newest = pay().id
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(**changes)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert client.payment_intents.list({"limit": 1}).data[0].id == newest


def test_a_missing_parameter_is_named(raw):
    status, body, _ = raw("/v1/payment_intents", {"currency": "usd"})
    assert status == 400
    assert body["error"]["message"] == "Missing required param: amount."
    assert body["error"]["param"] == "amount"


def test_what_is_not_there_is_404(client, raw):
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_x'") as gone:
        client.payment_intents.retrieve("pi_x")
    assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")
    assert raw("/v1/nothing", {})[0] == 404


def test_a_json_body_is_refused_with_the_reason(server):
    answer = server.post("/v1/payment_intents", json={"amount": 1})
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in answer.json()["error"]["message"]
