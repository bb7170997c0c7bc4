from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from functions.payments.refund_payment import RefundInput
from shared.kernel.errors import (
    Conflict,
    IdempotencyMismatch,
    IllegalTransition,
    Invalid,
    NotFound,
    Unavailable,
)
from shared.kernel.money import Money
from shared.payments.model import RefundRefused
from tests.functions.payments.world import World


@pytest.fixture
def world():
    return World()


def test_a_part_and_then_the_rest(world):
    payment = world.paid()
    part = world.refund(payment, 2000)
    assert (part.status, part.refunded, part.refundable) == (
        "partially_refunded",
        Money(2000),
        Money(3000),
    )
    assert world.refund(payment).status == "refunded"
    assert world.told()[1:] == [
        ("payment.refunded", "partially_refunded", 2000),
        ("payment.refunded", "refunded", 5000),
    ]


def test_several_parts_up_to_the_total_and_not_a_cent_more(world):
    payment = world.paid()
    for part, left in ((1500, 3500), (1, 3499), (2000, 1499), (1499, 0)):
        assert world.refund(payment, part).refundable == Money(left)
        if left:
            with pytest.raises(Invalid):
                world.refund(payment, left + 1)
    assert world.payment(payment.order_id).status == "refunded"
    assert [one.amount.amount for one in world.payment(payment.order_id).refunds] == [
        1500,
        1,
        2000,
        1499,
    ]
    assert [amount for _, _, amount in world.told()[1:]] == [1500, 1501, 3501, 5000]


def test_more_than_is_left_is_refused(world):
    payment = world.paid()
    world.refund(payment, 2000)
    with pytest.raises(Invalid) as caught:
        world.refund(payment, 3001)
    assert "3000" in caught.value.errors["amount"]
    assert world.gateway.kept(payment.intent_id) == 3000


def test_what_went_back_already_is_refused(world):
    payment = world.paid()
    world.refund(payment)
    with pytest.raises(IllegalTransition):
        world.refund(payment)


def test_an_unpaid_payment_is_refused(world):
    with pytest.raises(IllegalTransition):
        world.refund(world.started())


def test_an_unknown_payment_is_not_found(world):
    payment = world.paid()
    world.payments.by_order.clear()
    with pytest.raises(NotFound):
        world.refund(payment)


def test_a_refund_that_stripe_refuses_is_a_conflict(world):
    payment = world.paid()
    world.gateway.refuses_refunds = True
    with pytest.raises(RefundRefused):
        world.refund(payment, 100)
    assert world.payment(payment.order_id).is_settled


def test_the_same_key_refunds_once_and_gives_the_same_answer(world):
    payment = world.paid()
    first = world.refund(payment, 1000, key="k")
    world.refund(payment, 1000, key="other")
    assert world.refund(payment, 1000, key="k") == first
    assert world.gateway.kept(payment.intent_id) == 3000


def test_the_same_key_with_another_amount_is_refused(world):
    payment = world.paid()
    world.refund(payment, 1000, key="k")
    with pytest.raises(IdempotencyMismatch):
        world.refund(payment, 1001, key="k")


def test_the_same_key_twenty_times_at_once_refunds_once(world):
    payment = world.paid()
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: world.refund(payment, 1000, key="k"), range(20)))
    assert world.gateway.kept(payment.intent_id) == 4000


def test_different_keys_at_once_never_refund_more_than_was_paid(world):
    payment = world.paid()

    def attempt(number):
        try:
            world.refund(payment, 1500, key=f"k{number}")
        except (Invalid, IllegalTransition, Unavailable):
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        done = sum(pool.map(attempt, range(12)))
    world.sweep()
    assert done <= 3
    assert world.gateway.kept(payment.intent_id) == 5000 - 1500 * 3
    assert world.payment(payment.order_id).refunded == Money(4500)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_repetition_after_a_lost_reply_finishes_the_same_refund(world, key):
    payment = world.paid()
    world.gateway.lost_replies = 1
    with pytest.raises(Unavailable):
        world.refund(payment, 1000, key=key)
    world.refund(payment, 1000, key=key)
    assert world.gateway.kept(payment.intent_id) == 4000


def test_another_refund_first_finishes_the_one_that_hangs(world):
    payment = world.paid()
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.refund(payment, 1000)
    world.gateway.is_down = False
    world.refund(payment, 500)
    assert world.gateway.kept(payment.intent_id) == 3500


def test_a_refund_that_hangs_is_finished_by_the_sweep(world):
    payment = world.paid()
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.refund(payment, 1000)
    world.gateway.is_down = False
    world.sweep()
    assert world.payment(payment.order_id).refunded == Money(1000)


def test_a_refund_made_days_ago_is_found_at_stripe_and_not_made_again(world):
    payment = world.paid()
    world.gateway.lost_replies = 1
    with pytest.raises(Unavailable):
        world.refund(payment, 1000)
    world.gateway.has_pruned_keys = True
    world.sweep()
    assert world.gateway.kept(payment.intent_id) == 4000


def test_a_cancellation_while_a_refund_hangs_notes_no_second_one(world):
    payment = world.paid()
    world.gateway.is_down = True
    for attempt in (lambda: world.refund(payment, 1000), lambda: world.cancel_order(payment)):
        with pytest.raises(Unavailable):
            attempt()
    assert len(world.payment(payment.order_id).refunds) == 1
    world.gateway.is_down = False
    world.sweep()
    assert world.gateway.kept(payment.intent_id) == 0


def test_the_version_that_was_seen_guards_against_a_double_submit(world):
    payment = world.paid()
    world.refund(payment, 1000, version=payment.version)
    with pytest.raises(Conflict):
        world.refund(payment, 1000, version=payment.version)
    assert world.gateway.kept(payment.intent_id) == 4000


def test_a_refund_that_fails_at_the_bank_can_be_made_again(world):
    payment = world.paid()
    world.refund(payment)
    world.hear(world.gateway.fail_refund(payment.intent_id, 1))
    after = world.payment(payment.order_id)
    assert (after.status, after.refundable) == ("succeeded", Money(5000))
    assert world.refund(after).status == "refunded"


@pytest.mark.parametrize("body", [{"amount": 0}, {"amount": -1}, {"amount": "1"}, {"sum": 1}])
def test_bad_bodies_are_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, RefundInput)
