import pytest
import stripe


def refund(client, intent, **params):
    return client.refunds.create({"payment_intent": intent.id, **params})


def test_refunds_add_up_to_the_charge_and_no_further(client, pay):
    paid = pay("visa")
    first = refund(client, paid, amount=300, metadata={"sequence": "1"})
    assert (first.status, first.metadata.sequence) == ("succeeded", "1")
    with pytest.raises(stripe.InvalidRequestError, match=r"unrefunded amount on charge \(\$9.99\)"):
        refund(client, paid, amount=1000)
    assert refund(client, paid).amount == 999
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund(client, paid)
    assert refused.value.code == "charge_already_refunded"
    charge = client.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (1299, True)
    assert [one.amount for one in charge.refunds.data] == [999, 300]


def test_refunds_are_listed_by_intent_and_by_charge(client, pay):
    paid, other = pay("visa"), pay("visa")
    made = refund(client, paid)
    refund(client, other)
    for filters in ({"payment_intent": paid.id}, {"charge": paid.latest_charge}):
        assert [one.id for one in client.refunds.list(filters).data] == [made.id]
    found = client.refunds.retrieve(made.id, {"expand": ["charge", "payment_intent"]})
    assert (found.charge.id, found.payment_intent.id) == (paid.latest_charge, paid.id)


@pytest.mark.parametrize("card", [None, "threeDSecure2Required"])
def test_what_is_not_paid_cannot_be_refunded(client, pay, card):
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        refund(client, pay(card))


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_gives_something(client, pay, amount):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund(client, pay("visa"), amount=amount)
    assert refused.value.param == "amount"


def test_a_disputed_charge_cannot_be_refunded(client, pay):
    disputed = pay("createDispute")
    assert client.charges.retrieve(disputed.latest_charge).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refund(client, disputed)
    assert refused.value.code == "charge_disputed"


def test_a_late_refund_turns_out_well_or_badly(client, pay, endpoint, wait):
    pending = refund(client, pay("pendingRefund"))
    failing = refund(client, pay("refundFail"))
    assert (pending.status, failing.status) == ("pending", "succeeded")
    wait(lambda: client.refunds.retrieve(pending.id).status == "succeeded")
    wait(lambda: client.refunds.retrieve(failing.id).status == "failed")
    assert client.charges.retrieve(failing.charge).amount_refunded == 0
    wait(lambda: {"refund.updated", "refund.failed"} <= set(endpoint.types()))


def test_metadata_of_a_refund_can_change(client, pay, endpoint, wait):
    made = refund(client, pay("visa"))
    assert client.refunds.update(made.id, {"metadata": {"a": "1"}}).metadata.a == "1"
    wait(lambda: "refund.updated" in endpoint.types())
