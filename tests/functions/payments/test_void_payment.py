from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from shared.kernel.errors import IllegalTransition, Refusal, Unavailable
from tests.functions.payments.world import World

REFUNDED_IN_FULL = [("payment.created", "succeeded", 0), ("payment.refunded", "refunded", 5000)]


@pytest.fixture
def world():
    return World()


def test_an_open_payment_is_closed_at_stripe(world):
    payment = world.started()
    world.cancel_order(payment)
    assert world.gateway.intents[payment.intent_id].status == "canceled"
    assert world.payment(payment.order_id).status == "canceled"
    assert world.told() == []


def test_money_that_arrived_goes_back_once(world):
    payment = world.paid()
    world.cancel_order(payment)
    after = world.payment(payment.order_id)
    world.cancel_order(payment)
    world.sweep()
    assert world.told() == REFUNDED_IN_FULL
    assert world.gateway.kept(payment.intent_id) == 0
    assert world.payment(payment.order_id) == after


def test_what_was_refunded_before_is_not_given_back_twice(world):
    payment = world.paid()
    world.refund(payment, 1500)
    world.cancel_order(payment)
    assert world.gateway.kept(payment.intent_id) == 0
    assert [amount for _, _, amount in world.told()] == [0, 1500, 5000]


def test_money_that_stripe_took_before_we_heard_goes_back(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    world.cancel_order(payment)
    world.hear(payment.intent_id)
    assert world.told() == REFUNDED_IN_FULL


def test_a_payment_still_processing_goes_back_when_it_lands(world):
    payment = world.started()
    world.gateway.process(payment.intent_id)
    world.cancel_order(payment)
    assert world.payment(payment.order_id).status == "processing"
    world.hear(world.gateway.pay(payment.intent_id))
    assert world.told() == REFUNDED_IN_FULL


def test_a_start_that_comes_after_the_cancellation_finds_a_tombstone(world):
    order = world.placed()
    world.cancel_order(order)
    world.orders.by_id[order.id] = order  # this function's copy has not heard of it yet
    with pytest.raises(IllegalTransition):
        world.start(order.id)
    assert world.gateway.intents == {}


def test_a_cancellation_during_the_start_leaves_nothing_to_pay(world):
    order = world.placed()
    open_at_stripe = world.gateway.open

    def open_while_cancelled(payment):
        intent = open_at_stripe(payment)
        world.cancel_order(order)
        return intent

    world.gateway.open = open_while_cancelled
    with pytest.raises(IllegalTransition):
        world.start(order.id)
    (intent,) = world.gateway.intents.values()
    assert intent.status == "canceled"


def test_stripe_down_leaves_the_refund_to_the_sweep(world):
    payment = world.paid()
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.cancel_order(payment)
    world.gateway.is_down = False
    world.sweep()
    assert world.told() == REFUNDED_IN_FULL


def test_a_lost_reply_to_the_refund_refunds_once(world):
    payment = world.paid()
    world.gateway.lost_replies = 1
    with pytest.raises(Unavailable):
        world.cancel_order(payment)
    world.sweep()
    assert world.told() == REFUNDED_IN_FULL
    assert len(world.gateway.intents[payment.intent_id].refunds) == 1


def test_a_refund_that_stripe_refuses_is_left_to_a_person(world):
    payment = world.paid()
    world.gateway.refuses_refunds = True
    world.cancel_order(payment)
    after = world.payment(payment.order_id)
    assert (after.status, after.is_settled) == ("succeeded", True)
    assert [refund.status for refund in after.refunds] == ["failed"]
    world.gateway.refuses_refunds = False
    world.refund(after)
    assert world.gateway.kept(payment.intent_id) == 0


@pytest.mark.parametrize("acts", list(permutations(["pay", "hear", "cancel", "sweep", "decline"])))
def test_pay_against_cancel_in_every_order_leaves_no_money(world, acts):
    payment = world.started()
    intent_id = payment.intent_id
    moves = {
        "pay": lambda: world.gateway.pay(intent_id),
        "hear": lambda: world.hear(intent_id),
        "cancel": lambda: world.cancel_order(payment),
        "sweep": world.sweep,
        "decline": lambda: world.gateway.decline(intent_id),
    }
    for act in acts:
        moves[act]()
    world.sweep()
    assert world.gateway.kept(intent_id) == 0
    assert world.payment(payment.order_id).is_settled


@pytest.mark.parametrize("at", ["get", "cancel", "refund"])
@pytest.mark.parametrize("rival", ["pay", "hear", "cancel", "sweep"])
@pytest.mark.parametrize("mover", ["hear", "cancel", "sweep"])
@pytest.mark.parametrize("is_paid", [True, False])
def test_a_rival_at_any_call_to_stripe_leaves_no_money(world, at, rival, mover, is_paid):
    payment = world.started()
    intent_id = payment.intent_id
    moves = {
        "pay": lambda: world.gateway.pay(intent_id),
        "hear": lambda: world.hear(intent_id),
        "cancel": lambda: world.cancel_order(payment),
        "sweep": world.sweep,
    }
    if is_paid:
        moves["pay"]()
    asked, left = getattr(world.gateway, at), [rival]

    def ask_with_rival(*args):
        answer = asked(*args)
        if left:
            moves[left.pop()]()
        return answer

    setattr(world.gateway, at, ask_with_rival)
    moves[mover]()
    moves["cancel"]()
    moves["hear"]()
    assert world.gateway.kept(intent_id) == 0
    assert len([one for one in world.told() if one[0] == "payment.created"]) <= 1
    assert world.payment(payment.order_id).is_settled


def test_starting_paying_and_cancelling_at_once_leaves_no_money(world):
    order = world.placed()

    def attempt(number):
        try:
            if number % 4 == 3:
                world.cancel_order(order)
            elif number % 4 == 2 and (payment := world.payments.get(order.id)):
                if payment.intent_id:
                    world.hear(world.gateway.pay(payment.intent_id))
            else:
                world.start(order.id)
        except Refusal:
            return

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(attempt, range(40)))
    world.sweep()
    assert sum(world.gateway.kept(intent_id) for intent_id in world.gateway.intents) == 0
    assert len(world.gateway.intents) <= 1
    assert world.payment(order.id).is_settled
