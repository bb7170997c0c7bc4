import itertools

import pytest

from localdev.stripe import machine
from localdev.stripe.methods import method_of_token
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Dispute, Intent, Method

_ids = itertools.count()
NOW = 1_790_000_000
MOMENT = Moment(NOW, lambda prefix: f"{prefix}_{next(_ids)}")


def an_intent(status=machine.NEEDS_METHOD):
    return Intent(
        id="pi_1",
        created=NOW,
        secret="pi_1_secret_x",
        amount=1299,
        currency="usd",
        status=status,
        types=["card"],
        is_automatic=False,
        capture_method="automatic",
        metadata={"order_id": "o1"},
        details={},
    )


def a_card(name):
    return method_of_token(f"pm_card_{name}", MOMENT)


def types(step):
    return [one.type for one in step.happenings]


def charge_of(step) -> Charge:
    return next(one for one in step.others if isinstance(one, Charge))


def confirmed(name, status=machine.NEEDS_METHOD):
    return machine.confirmed(an_intent(status), a_card(name), MOMENT)


def test_a_good_card_pays_the_intent():
    step = confirmed("visa")
    intent, charge = step.about, charge_of(step)
    assert (intent.status, intent.amount_received) == ("succeeded", 1299)
    assert intent.latest_charge == charge.id
    assert charge.metadata == {"order_id": "o1"}
    assert types(step) == ["charge.succeeded", "payment_intent.succeeded"]
    assert step.declined is None


def test_a_declined_card_leaves_the_intent_payable_without_a_method():
    step = confirmed("chargeDeclinedInsufficientFunds")
    intent, charge = step.about, charge_of(step)
    assert (intent.status, intent.method) == ("requires_payment_method", None)
    assert (intent.amount_received, charge.transaction) == (0, None)
    assert step.declined == intent.failure == charge.failure
    assert step.declined.decline_code == "insufficient_funds"
    assert types(step) == ["charge.failed", "payment_intent.payment_failed"]


def test_a_second_try_after_a_decline_pays_and_forgets_the_failure():
    declined = confirmed("chargeDeclined").about
    paid = machine.confirmed(declined, a_card("visa"), MOMENT).about
    assert (paid.status, paid.failure) == ("succeeded", None)
    assert paid.latest_charge != declined.latest_charge


def test_three_d_secure_takes_no_money_before_the_challenge():
    step = confirmed("threeDSecure2Required")
    assert step.about.status == "requires_action"
    assert not [one for one in step.others if isinstance(one, Charge)]
    assert types(step) == ["payment_intent.requires_action"]


def challenged(name, *, is_holder):
    step = confirmed(name)
    (method,) = step.others
    assert isinstance(method, Method)
    return machine.authenticated(step.about, method, MOMENT, is_holder=is_holder)


def test_a_passed_challenge_pays():
    step = challenged("threeDSecure2Required", is_holder=True)
    assert step.about.status == "succeeded"
    assert charge_of(step).is_authenticated


def test_a_failed_challenge_takes_nothing_and_asks_for_another_method():
    step = challenged("threeDSecure2Required", is_holder=False)
    intent = step.about
    assert (intent.status, intent.method) == ("requires_payment_method", None)
    assert intent.failure.code == "payment_intent_authentication_failure"
    assert types(step) == ["payment_intent.payment_failed"]


def test_a_passed_challenge_may_still_be_declined():
    step = challenged("threeDSecureRequiredChargeDeclined", is_holder=True)
    assert step.about.status == "requires_payment_method"
    assert step.declined.code == "card_declined"


def test_a_challenge_ends_once():
    done = challenged("threeDSecure2Required", is_holder=True).about
    with pytest.raises(machine.UnexpectedStateError, match="no challenge to end"):
        machine.authenticated(done, a_card("visa"), MOMENT, is_holder=True)


@pytest.mark.parametrize("status", machine.OPEN)
def test_an_open_intent_can_be_cancelled(status):
    step = machine.canceled(an_intent(status), "abandoned", MOMENT)
    intent = step.about
    assert (intent.status, intent.canceled_at) == ("canceled", NOW)
    assert intent.cancellation_reason == "abandoned"
    assert types(step) == ["payment_intent.canceled"]


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_an_ended_intent_refuses_every_change(status):
    ended = an_intent(status)
    with pytest.raises(machine.UnexpectedStateError, match=f"cancel .* status of {status}"):
        machine.canceled(ended, None, MOMENT)
    with pytest.raises(machine.UnexpectedStateError, match="cannot confirm"):
        machine.confirmed(ended, a_card("visa"), MOMENT)
    with pytest.raises(machine.UnexpectedStateError, match="amount could not be updated"):
        machine.check_open(ended, "amount")


def test_confirming_needs_a_method():
    with pytest.raises(machine.UnexpectedStateError, match="missing a payment method"):
        machine.confirmed(an_intent(), None, MOMENT)


def test_another_method_ends_an_unfinished_challenge():
    asked = confirmed("threeDSecure2Required").about
    method = a_card("visa")
    changed = machine.with_method(asked, method)
    assert (changed.status, changed.method) == ("requires_confirmation", method.id)


def test_the_dispute_card_pays_and_is_then_disputed():
    step = confirmed("createDispute")
    charge = charge_of(step)
    dispute = next(one for one in step.others if isinstance(one, Dispute))
    assert charge.is_disputed
    assert (dispute.amount, dispute.reason) == (1299, "fraudulent")
    assert types(step)[-1] == "charge.dispute.created"
