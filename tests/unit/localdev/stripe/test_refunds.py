import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localdev.stripe.errors import Refused
from localdev.stripe.methods import method_of_token
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge
from localdev.stripe.refunds import Asked, refunded, settled


def a_charge(card="visa", **changes):
    charge = Charge(
        id="ch_1",
        created=1,
        intent="pi_1",
        amount=1000,
        currency="usd",
        method=method_of_token(f"pm_card_{card}", Moment()),
        metadata={},
        details={},
    )
    return msgspec.structs.replace(charge, **changes)


def ask(amount=None):
    return Asked(amount, None, {"sequence": "1"})


def refund_of(charge, amount=None):
    step = refunded(charge, ask(amount), Moment())
    (after,) = step.others
    assert isinstance(after, Charge)
    return step.about, after


def types(step):
    return [one.type for one in step.happenings]


def test_no_amount_gives_back_all_that_is_left():
    refund, charge = refund_of(a_charge(amount_refunded=300))
    assert (refund.amount, charge.amount_refunded) == (700, 1000)
    assert refund.metadata == {"sequence": "1"}


def test_the_charge_event_tells_what_was_before():
    step = refunded(a_charge(), ask(400), Moment())
    assert types(step) == ["refund.created", "charge.refunded"]
    assert step.happenings[1].previous == {"amount_refunded": 0, "refunded": False}


@pytest.mark.parametrize(
    ("charge", "amount", "message"),
    [
        (a_charge(), 1001, r"Refund amount \(\$10.01\) is greater than charge amount \(\$10.00\)"),
        (a_charge(amount_refunded=400), 601, r"unrefunded amount on charge \(\$6.00\)"),
        (a_charge(amount_refunded=1000), 1, "already been refunded"),
        (a_charge(is_held=True), 1, "charged back"),
    ],
)
def test_more_than_is_left_is_refused(charge, amount, message):
    with pytest.raises(Refused, match=message) as refused:
        refunded(charge, ask(amount), Moment())
    assert refused.value.is_kept


@given(st.lists(st.integers(1, 1200), max_size=8))
def test_no_sequence_of_refunds_gives_back_more_than_was_charged(amounts):
    charge, given_back = a_charge(), 0
    for amount in amounts:
        try:
            refund, charge = refund_of(charge, amount)
        except Refused:
            continue
        given_back += refund.amount
    assert charge.amount_refunded == given_back <= charge.amount


def test_a_pending_refund_succeeds_later():
    refund, charge = refund_of(a_charge("pendingRefund"), 400)
    assert refund.status == "pending"
    step = settled(refund, charge)
    assert (step.about.status, step.others) == ("succeeded", ())
    assert types(step) == ["refund.updated"]
    assert step.happenings[0].previous == {"status": "pending"}


def test_a_refund_that_fails_later_is_owed_again():
    refund, charge = refund_of(a_charge("refundFail"), 400)
    assert refund.status == "succeeded"
    step = settled(refund, charge)
    (owed,) = step.others
    assert isinstance(owed, Charge)
    assert (step.about.status, step.about.becomes) == ("failed", None)
    assert owed.amount_refunded == 0
    assert "refund.failed" in types(step)
