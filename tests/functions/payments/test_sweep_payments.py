from datetime import timedelta

import pytest

from shared.contracts.event import topic_of
from shared.kernel.errors import IllegalTransition, Unavailable
from shared.kernel.ids import PaymentId
from shared.payments.changes import opened
from tests.functions.payments.world import NOW, World


@pytest.fixture
def world():
    return World()


def test_a_payment_past_its_time_is_closed_and_the_order_told(world):
    payment = world.started()
    world.clock.time = payment.expires_at
    world.sweep()
    world.sweep()
    after = world.payment(payment.order_id)
    assert (after.status, after.reason, after.is_settled) == ("failed", "expired", True)
    assert world.gateway.intents[payment.intent_id].status == "canceled"
    assert world.told() == [("payment.failed", "failed", 0)]
    with pytest.raises(IllegalTransition):
        world.start(payment.order_id)


def test_a_payment_within_its_time_is_left_open(world):
    payment = world.started()
    world.clock.time = payment.expires_at - timedelta(seconds=1)
    world.sweep()
    assert world.payment(payment.order_id) == payment


def test_the_cancellation_that_follows_an_expiry_changes_no_status(world):
    payment = world.started()
    world.clock.time = payment.expires_at
    world.sweep()
    world.cancel_order(payment)
    after = world.payment(payment.order_id)
    assert (after.status, after.reason) == ("failed", "expired")
    assert len(world.told()) == 1


def test_a_declined_payment_expires_too(world):
    payment = world.started()
    world.hear(world.gateway.decline(payment.intent_id))
    world.clock.time = payment.expires_at
    world.sweep()
    assert [event.reason for event in world.events] == ["declined", "expired"]


def test_a_payment_still_processing_is_waited_for(world):
    payment = world.started()
    world.gateway.process(payment.intent_id)
    world.clock.time = payment.expires_at
    world.sweep()
    assert world.payment(payment.order_id).is_open
    world.gateway.pay(payment.intent_id)
    world.sweep()
    assert world.told() == [("payment.created", "succeeded", 0)]


def test_a_start_that_died_before_stripe_answered_gets_its_intent(world):
    order = world.placed()
    world.payments.add(opened(order, PaymentId("p"), NOW))
    world.sweep()
    intent_id = world.payment(order.id).intent_id
    assert [topic_of(type(event)) for event in world.payments.events] == ["payment.started"]
    assert world.start(order.id).value.client_secret.startswith(intent_id)


def test_a_start_that_died_is_closed_without_stripe_when_its_time_is_over(world):
    order = world.placed()
    world.payments.add(opened(order, PaymentId("p"), NOW))
    world.clock.time = order.expires_at
    world.gateway.is_down = True
    world.sweep()
    assert world.told() == [("payment.failed", "failed", 0)]


def test_an_intent_cancelled_at_stripe_ends_the_payment(world):
    payment = world.started()
    world.gateway.cancel(payment.intent_id)
    world.sweep()
    assert world.events[0].reason == "expired"


def test_one_payment_that_fails_does_not_hold_up_the_others(world):
    broken, good = world.started(), world.started()
    world.gateway.pay(good.intent_id)
    ask = world.gateway.get

    def get(intent_id):
        if intent_id == broken.intent_id:
            raise Unavailable("this one")
        return ask(intent_id)

    world.gateway.get = get
    with pytest.raises(Unavailable):
        world.sweep()
    assert world.payment(good.order_id).status == "succeeded"
