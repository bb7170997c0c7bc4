import pytest

from localdev.stripe.disputes import DisputeRefusedError, decided, disputed
from localdev.stripe.errors import Refused
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Dispute
from localdev.stripe.refunds import refunded
from tests.unit.localdev.stripe.test_refunds import a_charge, ask, types


def after(charge, *decisions):
    """The charge after disputes that were decided so, the newest dispute, and all that was told."""
    told, dispute = [], None
    for decision in decisions:
        step = disputed(charge, "fraudulent", Moment())
        (charge,), dispute = step.others, step.about
        assert isinstance(charge, Charge)
        told += types(step)
        if decision == "open":
            continue
        end = decided(dispute, charge, is_won=decision == "won")
        charge, dispute = next(iter(end.others), charge), end.about
        told += types(end)
    return charge, dispute, told


def test_a_dispute_is_about_all_that_is_left():
    charge, dispute, told = after(a_charge(amount_refunded=300), "open")
    assert (dispute.amount, dispute.status) == (700, "needs_response")
    assert charge.is_disputed
    assert told == ["charge.dispute.created"]


def test_a_lost_one_keeps_the_money_for_good():
    charge, dispute, told = after(a_charge(), "lost")
    assert (dispute.status, told[1:]) == ("lost", ["charge.dispute.closed"])
    with pytest.raises(Refused):
        refunded(charge, ask(1), Moment())
    with pytest.raises(DisputeRefusedError):
        disputed(charge, "fraudulent", Moment())


def test_after_a_won_one_the_money_may_be_refunded_or_disputed_again():
    charge, dispute, told = after(a_charge(), "won")
    assert (dispute.status, charge.is_disputed) == ("won", True)
    assert told[1:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert refunded(charge, ask(1), Moment()).about.amount == 1
    assert isinstance(after(charge, "open")[1], Dispute)


def test_a_dispute_is_decided_once():
    charge, dispute, _ = after(a_charge(), "lost")
    with pytest.raises(DisputeRefusedError, match="lost already"):
        decided(dispute, charge, is_won=True)


@pytest.mark.parametrize(
    "charge", [a_charge(amount_refunded=1000), a_charge(is_disputed=True, is_held=True)]
)
def test_what_is_gone_or_held_already_is_not_disputed(charge):
    with pytest.raises(DisputeRefusedError):
        disputed(charge, "fraudulent", Moment())
