from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.errors import IllegalTransition, NotFound
from shared.kernel.ids import OrderId
from shared.orders.model import LIFETIME, NEXT, Status
from tests.functions.orders.world import World, a_payment


@pytest.fixture
def world():
    return World()


def test_held_stock_makes_an_order_payable(world):
    order_id = world.placed()
    world.reserve(order_id)
    world.reserve(order_id)
    assert world.status(order_id) == "awaiting_payment"
    assert world.topics == ["order.created", "order.confirmed"]


def test_missing_stock_cancels_an_order(world):
    order_id = world.placed()
    world.reject(order_id)
    world.reject(order_id)
    order = world.order(order_id)
    assert (order.status, order.status_reason) == ("cancelled", "out_of_stock")
    assert world.topics == ["order.created", "order.cancelled"]


def test_stock_that_was_held_is_not_missing_later(world):
    order_id = world.paid()
    world.reject(order_id)
    assert world.status(order_id) == "paid"


def test_stock_held_for_a_cancelled_order_changes_nothing(world):
    order_id = world.placed()
    world.cancel(order_id)
    world.reserve(order_id)
    assert world.status(order_id) == "cancelled"
    assert world.topics == ["order.created", "order.cancelled"]


def test_money_makes_an_order_paid(world):
    order_id = world.payable()
    world.pay(order_id, "started")
    world.pay(order_id, "landed")
    view = world.see(order_id)
    assert (view.status, view.payment.id, view.payment.status) == ("paid", "pay", "succeeded")
    assert world.topics == ["order.created", "order.confirmed", "order.paid"]


def test_a_declined_card_is_noted_and_leaves_the_order_payable(world):
    order_id = world.payable()
    world.pay(order_id, "declined")
    view = world.see(order_id)
    assert (view.status, view.is_payable, view.payment.status) == (
        "awaiting_payment",
        True,
        "failed",
    )
    assert [(step.status, step.reason) for step in view.timeline][-1] == (
        "awaiting_payment",
        "payment_failed",
    )
    world.pay(order_id, "landed")
    assert world.status(order_id) == "paid"


def test_card_after_card_does_not_grow_the_order_without_end(world):
    order_id = world.payable()
    for _ in range(200):
        world.pay(order_id, "declined")
    assert len(world.order(order_id).timeline) <= 60
    world.pay(order_id, "landed")
    assert world.status(order_id) == "paid"


def test_an_expired_payment_cancels_the_order(world):
    order_id = world.payable()
    world.pay(order_id, "started")
    world.pay(order_id, "expired")
    order = world.order(order_id)
    assert (order.status, order.status_reason) == ("cancelled", "expired")
    assert world.topics[-1] == "order.cancelled"


def test_money_on_a_cancelled_order_is_noted_and_it_stays_cancelled(world):
    order_id = world.payable()
    world.cancel(order_id)
    world.pay(order_id, "landed")
    assert (world.status(order_id), world.see(order_id).payment.status) == (
        "cancelled",
        "succeeded",
    )
    assert not world.see(order_id).is_final
    world.pay(order_id, "refunded")
    assert (world.status(order_id), world.see(order_id).payment.status) == (
        "cancelled",
        "refunded",
    )
    assert world.see(order_id).is_final
    assert "order.paid" not in world.topics


def test_a_full_refund_makes_an_order_refunded_and_a_partial_one_does_not(world):
    order_id = world.paid()
    world.pay(order_id, "partly refunded")
    assert (world.status(order_id), world.see(order_id).payment.status) == (
        "paid",
        "partially_refunded",
    )
    world.pay(order_id, "refunded")
    assert world.status(order_id) == "refunded"
    with pytest.raises(IllegalTransition):
        world.cancel(order_id)


def test_a_reaction_that_died_between_two_steps_is_finished_by_its_redelivery(world):
    order_id = world.placed()
    world.pay(order_id, "landed")
    save = world.orders.save

    def save_and_die(before, after):
        world.orders.save = die
        return save(before, after)

    def die(before, after):
        raise ConnectionError

    world.orders.save = save_and_die
    with pytest.raises(ConnectionError):
        world.reserve(order_id)
    assert world.status(order_id) == "awaiting_payment"
    world.orders.save = save
    world.reserve(order_id)
    assert world.topics == ["order.created", "order.confirmed", "order.paid"]


def test_an_old_event_of_a_payment_changes_nothing(world):
    order_id = world.payable()
    world.hear(a_payment("landed", order_id, 3))
    before = world.order(order_id)
    world.hear(a_payment("declined", order_id, 2))
    assert world.order(order_id) == before


def test_an_event_about_an_unknown_order_waits_for_a_person(world):
    for event in (world.reserve, world.reject):
        with pytest.raises(NotFound):
            event(OrderId("x"))
    with pytest.raises(NotFound):
        world.hear(a_payment("landed", "x", 1))


def test_an_order_that_nobody_began_to_pay_ends_after_its_time(world):
    pending, payable = world.placed(), world.payable(attempt=2)
    started = world.payable(attempt=3)
    world.pay(started, "started")
    world.clock.time += LIFETIME - timedelta(seconds=1)
    world.sweep()
    assert world.status(payable) == "awaiting_payment"
    world.clock.time += timedelta(seconds=1)
    world.sweep()
    world.sweep()
    assert [world.status(one) for one in (pending, payable, started)] == [
        "cancelled",
        "cancelled",
        "awaiting_payment",
    ]
    assert world.order(payable).status_reason == "expired"
    assert world.topics.count("order.cancelled") == 2
    assert world.orders.sweeps == 3


def test_a_payment_started_during_the_sweep_keeps_the_order_alive(world):
    order_id = world.payable()
    world.clock.time += LIFETIME
    world.orders.before_save = lambda: world.pay(order_id, "started")
    world.sweep()
    assert world.status(order_id) == "awaiting_payment"


def test_without_the_guard_of_its_version_an_order_would_end_while_it_is_paid(world):
    order_id = world.payable()
    world.clock.time += LIFETIME

    def pay_and_forget_the_version():
        stale = world.order(order_id).version
        world.pay(order_id, "landed")
        world.orders.by_id[order_id] = replace(world.order(order_id), version=stale)

    world.orders.before_save = pay_and_forget_the_version
    world.sweep()
    assert world.status(order_id) == "cancelled"


# ---- any order of events

HAPPENINGS = ["reserve", "reject", "cancel", "shipped", "delivered", "later", "sweep"]
PAYMENTS = ["started", "declined", "expired", "landed", "partly refunded", "refunded"]


def happen(world, order_id, name):
    """Something that may happen; people may be refused, events never fail."""
    match name:
        case "reserve":
            world.reserve(order_id)
        case "reject":
            world.reject(order_id)
        case "later":
            world.clock.time += LIFETIME
        case "sweep":
            world.sweep()
        case _:
            with suppress(IllegalTransition):
                world.cancel(order_id) if name == "cancel" else world.advance(order_id, name)


def states_of(order):
    """The states an order went through; a decline is a note, not a state."""
    return [step.status for step in order.timeline if step.reason != "payment_failed"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(HAPPENINGS),
            st.tuples(st.sampled_from(PAYMENTS), st.integers(1, 5)),
        ),
        max_size=25,
    )
)
def test_whatever_happens_an_order_takes_legal_steps_and_tells_each_once(happenings):
    world = World()
    order_id = world.placed()
    for one in happenings:
        if isinstance(one, str):
            happen(world, order_id, one)
        else:
            world.hear(a_payment(one[0], order_id, one[1]))
    order = world.order(order_id)
    states = states_of(order)
    assert states[0] == "pending"
    assert states[-1] == order.status
    for before, after in pairwise(states):
        assert Status(after) in NEXT[Status(before)]
    assert len(set(states)) == len(states)
    told = [event.status for event in world.orders.told]
    assert told == [state for state in states if state != "refunded"]
    versions = [event.version for event in world.orders.told]
    assert versions == sorted(set(versions))


LIVES = {
    "paid": ["started", "declined", "landed"],
    "refunded": ["started", "landed", "partly refunded", "refunded"],
    "cancelled": ["started", "declined", "expired"],
}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(LIVES)), st.data())
def test_events_may_come_twice_and_in_any_order_with_the_same_outcome(outcome, data):
    world = World()
    order_id = world.placed()
    life = [a_payment(state, order_id, n) for n, state in enumerate(LIVES[outcome], start=1)]
    deliveries = data.draw(st.permutations(["reserved", *life, "reserved", *life]))
    for one in deliveries:
        world.reserve(order_id) if one == "reserved" else world.hear(one)
    assert world.status(order_id) == outcome
    if outcome != "cancelled":
        assert world.topics == ["order.created", "order.confirmed", "order.paid"]
