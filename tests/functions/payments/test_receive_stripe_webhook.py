from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.errors import Unavailable
from shared.kernel.money import Money
from shared.payments.model import BadSignature, Dispute
from tests.fakes.payments import FakePayments
from tests.functions.payments.world import World


class UnguardedPayments(FakePayments):
    def save(self, before, after, events=()):
        return super().save(self.by_order[before.order_id], after, events)


@pytest.fixture
def world():
    return World()


def test_a_success_is_told(world):
    payment = world.paid()
    assert payment.status == "succeeded"
    assert world.told() == [("payment.created", "succeeded", 0)]
    assert world.events[0].version == payment.version


def test_a_bad_signature_changes_nothing(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    with pytest.raises(BadSignature):
        world.hear(payment.intent_id, signature="bad")
    assert world.payment(payment.order_id) == payment


@pytest.mark.parametrize("message", ["", "pi_of_somebody_else"])
def test_what_does_not_concern_us_is_taken(world, message):
    assert world.hear(message).received


def test_the_same_message_twenty_times_at_once_is_told_once(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: world.hear(payment.intent_id), range(20)))
    assert world.told() == [("payment.created", "succeeded", 0)]


def test_a_decline_is_told_once_and_the_order_stays_payable(world):
    payment = world.started()
    world.gateway.decline(payment.intent_id, "ch_1")
    world.hear(payment.intent_id)
    world.hear(payment.intent_id)
    assert world.told() == [("payment.failed", "failed", 0)]
    assert world.events[0].reason == "declined"
    again = world.start(payment.order_id)
    assert (again.status, again.value.status) == (200, "failed")


def test_a_second_decline_is_told_again(world):
    payment = world.started()
    for charge in ("ch_1", "ch_2"):
        world.hear(world.gateway.decline(payment.intent_id, charge))
    assert [topic for topic, _, _ in world.told()] == ["payment.failed"] * 2


def test_another_card_succeeds_after_a_decline(world):
    payment = world.started()
    world.hear(world.gateway.decline(payment.intent_id))
    world.hear(world.gateway.pay(payment.intent_id))
    after = world.payment(payment.order_id)
    assert (after.status, after.reason) == ("succeeded", None)


def test_a_decline_delivered_after_the_success_changes_nothing(world):
    payment = world.started()
    world.gateway.decline(payment.intent_id)
    world.gateway.pay(payment.intent_id)
    world.hear(payment.intent_id)
    world.hear(payment.intent_id)
    assert world.told() == [("payment.created", "succeeded", 0)]


def test_a_challenge_and_processing_are_shown_and_not_told(world):
    payment = world.started()
    for act, status in (
        (world.gateway.require_action, "requires_action"),
        (world.gateway.process, "processing"),
    ):
        world.hear(act(payment.intent_id))
        assert world.payment(payment.order_id).status == status
    assert world.told() == []


def test_success_is_final_whatever_comes_later(world):
    payment = world.paid()
    intent = world.gateway.intents[payment.intent_id]
    world.gateway.intents[payment.intent_id] = replace(intent, status="canceled")
    world.hear(payment.intent_id)
    assert world.payment(payment.order_id).status == "succeeded"


def test_refunds_made_at_stripe_are_told_in_total(world):
    payment = world.paid()
    world.hear(world.gateway.refund_elsewhere(payment.intent_id, 1000))
    world.hear(world.gateway.refund_elsewhere(payment.intent_id, 4000))
    assert world.told()[1:] == [
        ("payment.refunded", "partially_refunded", 1000),
        ("payment.refunded", "refunded", 5000),
    ]


def test_a_dispute_is_told_once(world):
    payment = world.paid()
    world.gateway.dispute(payment.intent_id)
    world.hear(payment.intent_id)
    world.hear(payment.intent_id)
    assert world.told()[1:] == [("payment.disputed", "succeeded", 0)]
    assert world.show(payment.order_id).value.dispute == Dispute(status="open", amount=Money(5000))


def test_events_of_one_look_have_versions_of_their_own(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    world.gateway.refund_elsewhere(payment.intent_id, 1000)
    world.gateway.dispute(payment.intent_id)
    world.hear(payment.intent_id)
    assert [topic for topic, _, _ in world.told()] == [
        "payment.created",
        "payment.refunded",
        "payment.disputed",
    ]
    versions = [event.version for event in world.events]
    assert versions == sorted(set(versions))


def test_stripe_down_is_unavailable_so_that_it_sends_again(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    world.gateway.is_down = True
    with pytest.raises(Unavailable):
        world.hear(payment.intent_id)


def test_a_lost_message_is_made_good_by_the_sweep(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    world.sweep()
    world.sweep()
    assert world.told() == [("payment.created", "succeeded", 0)]


def test_a_success_after_the_time_is_over_wins(world):
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    world.clock.time += timedelta(minutes=20)
    world.sweep()
    assert world.told() == [("payment.created", "succeeded", 0)]


@pytest.mark.parametrize(("payments", "times"), [(FakePayments, 1), (UnguardedPayments, 2)])
def test_the_version_guard_alone_keeps_a_rival_from_telling_it_twice(payments, times, monkeypatch):
    world = World(payments=payments())
    payment = world.started()
    world.gateway.pay(payment.intent_id)
    ask, left = world.gateway.get, ["rival"]

    def get(intent_id):
        intent = ask(intent_id)
        if left:
            left.pop()
            world.hear(intent_id)
        return intent

    monkeypatch.setattr(world.gateway, "get", get)
    world.hear(payment.intent_id)
    assert len(world.told()) == times
