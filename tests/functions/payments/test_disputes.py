"""A card holder disputes a payment: what is told, what is shown, and that no money goes twice."""

import pytest

from shared.kernel.errors import IllegalTransition
from shared.kernel.money import Money
from shared.payments.model import Dispute
from tests.functions.payments.world import World


@pytest.fixture
def world():
    return World()


@pytest.fixture
def disputed(world):
    payment = world.paid()
    world.hear(world.gateway.dispute(payment.intent_id))
    return world.payment(payment.order_id)


def test_a_dispute_is_told_once_and_its_end_is_recorded_without_an_event(world, disputed):
    for _ in range(2):
        world.hear(world.gateway.close_dispute(disputed.intent_id, "lost"))
    assert world.told()[1:] == [("payment.disputed", "succeeded", 0)]
    after = world.payment(disputed.order_id)
    assert after.dispute == Dispute(status="lost", amount=Money(5000))
    assert (after.status, after.refunded) == ("succeeded", Money(0))


def test_a_dispute_that_is_over_before_we_hear_of_it_is_told_as_it_ended(world):
    payment = world.paid()
    world.gateway.dispute(payment.intent_id)
    world.hear(world.gateway.close_dispute(payment.intent_id, "lost"))
    assert world.told()[1:] == [("payment.disputed", "succeeded", 0)]
    assert world.payment(payment.order_id).dispute.status == "lost"


@pytest.mark.parametrize("status", ["open", "lost"])
def test_what_the_bank_holds_cannot_be_refunded(world, disputed, status):
    world.hear(world.gateway.close_dispute(disputed.intent_id, status))
    with pytest.raises(IllegalTransition, match="disputed"):
        world.refund(disputed, 100)
    shown = world.show(disputed.order_id).value
    assert (shown.refundable, shown.dispute.status) == (Money(0), status)
    assert world.payment(disputed.order_id).refunds == []


@pytest.mark.parametrize("status", ["won", "inquiry"])
def test_what_the_bank_does_not_hold_can_be_refunded(world, disputed, status):
    world.hear(world.gateway.close_dispute(disputed.intent_id, status))
    assert world.refund(disputed).status == "refunded"
    assert world.gateway.kept(disputed.intent_id) == 0


def test_a_refund_before_the_dispute_and_the_loss_are_counted_once_each(world):
    payment = world.paid()
    world.refund(payment, 2000)
    world.hear(world.gateway.dispute(payment.intent_id))
    world.hear(world.gateway.close_dispute(payment.intent_id, "lost"))
    after = world.payment(payment.order_id)
    assert (after.refunded, after.dispute.amount) == (Money(2000), Money(3000))
    assert after.status == "partially_refunded"
    assert world.gateway.kept(payment.intent_id) == 0


def test_a_cancelled_order_gives_back_only_what_the_bank_does_not_hold(world, disputed):
    world.cancel_order(disputed)
    assert world.payment(disputed.order_id).refunds == []
    world.hear(world.gateway.close_dispute(disputed.intent_id, "won"))
    assert world.payment(disputed.order_id).status == "refunded"
    assert world.gateway.kept(disputed.intent_id) == 0


def test_a_cancelled_order_that_lost_its_dispute_gives_nothing_back_twice(world, disputed):
    world.cancel_order(disputed)
    world.hear(world.gateway.close_dispute(disputed.intent_id, "lost"))
    world.sweep()
    after = world.payment(disputed.order_id)
    assert (after.refunds, after.is_settled) == ([], True)
    assert world.gateway.kept(disputed.intent_id) == 0


def test_a_refund_that_hangs_while_a_dispute_comes_is_given_up(world):
    payment = world.paid()
    world.gateway.is_down = True
    with pytest.raises(Exception, match="down"):
        world.refund(payment, 1000)
    world.gateway.is_down = False
    world.hear(world.gateway.dispute(payment.intent_id))
    after = world.payment(payment.order_id)
    assert [one.status for one in after.refunds] == ["failed"]
    assert after.dispute.status == "open"
