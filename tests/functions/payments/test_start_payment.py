from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from functions.payments.start_payment import PaymentInput
from shared.contracts.payments import PaymentStarted
from shared.kernel.errors import (
    IdempotencyMismatch,
    IllegalTransition,
    Invalid,
    NotFound,
    Unavailable,
)
from shared.kernel.ids import new_id
from shared.payments.model import AlreadyPaid
from tests.functions.payments.world import BOB, TOTAL, World, an_order


@pytest.fixture
def world():
    return World()


def test_the_first_call_makes_the_payment_and_the_next_finds_it(world):
    order = world.placed()
    first, again = world.start(order.id), world.start(order.id)
    assert (first.status, again.status) == (201, 200)
    assert first.value == again.value
    assert first.value.amount == TOTAL
    assert first.value.status == "requires_payment_method"
    assert first.value.publishable_key == "pk_test_x"
    assert first.location == f"/api/payments/{order.id}"
    assert len(world.gateway.intents) == 1


def test_the_start_is_told_once_so_that_the_order_waits_for_the_payment(world):
    payment = world.started()
    world.start(payment.order_id)
    (event,) = world.payments.events
    assert isinstance(event, PaymentStarted)
    assert (event.order_id, event.version) == (payment.order_id, payment.version)


def test_twenty_calls_at_once_make_one_intent_and_one_of_them_made_it(world):
    order = world.placed()
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: world.start(order.id), range(20)))
    assert len(world.gateway.intents) == 1
    assert len({reply.value.client_secret for reply in replies}) == 1
    assert sorted(reply.status for reply in replies) == [200] * 19 + [201]


def test_a_paid_order_is_refused(world):
    payment = world.paid()
    with pytest.raises(AlreadyPaid):
        world.start(payment.order_id)


def test_a_cancelled_order_is_refused_as_such_though_it_was_paid_before(world):
    payment = world.paid()
    world.cancel_order(payment)
    with pytest.raises(IllegalTransition):
        world.start(payment.order_id)


@pytest.mark.parametrize("status", ["paid", "shipped", "delivered", "refunded"])
def test_an_order_paid_as_the_replica_knows_is_refused(world, status):
    order = world.placed(status=status)
    with pytest.raises(AlreadyPaid):
        world.start(order.id)
    assert world.gateway.intents == {}


@pytest.mark.parametrize("status", ["pending", "cancelled"])
def test_an_order_that_does_not_await_payment_is_refused(world, status):
    order = world.placed(status=status)
    with pytest.raises(IllegalTransition):
        world.start(order.id)
    assert world.gateway.intents == {}


def test_an_order_past_its_time_is_refused(world):
    order = world.placed()
    world.clock.time = order.expires_at
    with pytest.raises(IllegalTransition):
        world.start(order.id)


def test_somebody_elses_order_is_not_found(world):
    order = world.placed()
    with pytest.raises(NotFound):
        world.start(order.id, BOB)
    assert world.payments.by_order == {}


def test_somebody_elses_started_payment_is_not_found_either(world):
    payment = world.started()
    with pytest.raises(NotFound):
        world.start(payment.order_id, BOB)


@pytest.mark.parametrize("order_id", ["x", "0b9d5f8e-0f0a-4b58-9b0f-6f4e8f0a1c55", "{$gt: 1}"])
def test_an_id_that_no_order_has_is_not_found(world, order_id):
    with pytest.raises(NotFound):
        world.start(order_id)


def test_an_old_unknown_id_is_not_found(world):
    order_id = new_id()
    world.clock.time += timedelta(days=3650)
    with pytest.raises(NotFound):
        world.start(order_id)


def test_an_order_just_placed_is_waited_for(world, monkeypatch):
    order = an_order()
    world.orders.arriving[order.id] = order
    monkeypatch.setattr("shared.payments.use_cases.starting.may_be_on_its_way", lambda *_: True)
    assert world.start(order.id).status == 201


def test_an_order_just_placed_that_does_not_come_is_asked_for_later(world, monkeypatch):
    monkeypatch.setattr("shared.payments.use_cases.starting.may_be_on_its_way", lambda *_: True)
    with pytest.raises(Unavailable) as caught:
        world.start(new_id())
    assert caught.value.retry_after_seconds == 1


def test_a_pending_order_is_waited_for(world):
    order = world.placed(status="pending", version=1)
    confirmed = an_order(id=order.id)
    world.orders.arriving[order.id] = confirmed
    assert world.start(order.id).status == 201


def test_stripe_down_is_unavailable_and_the_next_try_succeeds(world):
    order = world.placed()
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.start(order.id)
    world.gateway.is_down = False
    assert world.start(order.id).status == 201
    assert len(world.gateway.intents) == 1


def test_a_lost_reply_makes_no_second_intent(world):
    order = world.placed()
    world.gateway.lost_replies = 1
    with pytest.raises(Unavailable):
        world.start(order.id)
    assert world.start(order.id).status == 201
    assert len(world.gateway.intents) == 1


def test_the_same_key_and_body_give_the_same_answer_even_once_paid(world):
    order = world.placed()
    first = world.start(order.id, key="k")
    world.hear(world.gateway.pay(world.payment(order.id).intent_id))
    again = world.start(order.id, key="k")
    assert (again.value, again.status) == (first.value, first.status)


def test_the_same_key_with_another_body_is_refused(world):
    world.start(world.placed().id, key="k")
    with pytest.raises(IdempotencyMismatch):
        world.start(world.placed().id, key="k")


def test_somebody_elses_key_is_no_concern(world):
    order = world.placed()
    world.start(order.id, key="k")
    with pytest.raises(NotFound):
        world.start(order.id, BOB, key="k")


def test_a_refusal_is_not_kept_under_the_key(world):
    order = world.placed()
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.start(order.id, key="k")
    world.gateway.is_down = False
    assert world.start(order.id, key="k").status == 201


def test_a_key_that_is_too_long_is_refused(world):
    with pytest.raises(Invalid):
        world.start(world.placed().id, key="k" * 256)


@pytest.mark.parametrize("body", [{}, {"order_id": {"$gt": ""}}, {"order_id": ""}, {"a": 1}])
def test_bad_bodies_are_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, PaymentInput)
