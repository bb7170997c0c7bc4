"""Whatever is delivered, doubled, delayed or swept: the money and the story come out right."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.kernel.errors import Refusal
from tests.functions.payments.world import World

ACTS = (
    "start",
    "hear",
    "sweep",
    "cancel",
    "pay",
    "decline",
    "challenge",
    "process",
    "refund",
    "refund elsewhere",
    "dispute",
    "win a dispute",
    "lose a dispute",
    "later",
    "stripe down",
    "stripe up",
    "lose a reply",
)


def moves_of(world, order, payment):
    """What can be done now, by name."""

    def lose_a_reply():
        world.gateway.lost_replies = 1

    def pass_time():
        world.clock.time += timedelta(minutes=6)

    def set_down(is_down):
        world.gateway.is_down = is_down

    anytime = {
        "start": lambda: world.start(order.id),
        "sweep": world.sweep,
        "cancel": lambda: world.cancel_order(order),
        "later": pass_time,
        "stripe down": lambda: set_down(True),
        "stripe up": lambda: set_down(False),
        "lose a reply": lose_a_reply,
    }
    if payment is None or payment.intent_id is None:
        return anytime
    intent_id = payment.intent_id
    dispute = world.gateway.intents[intent_id].dispute
    is_held = dispute is not None and dispute.holds_money
    is_open = dispute is not None and dispute.status == "open"
    kept = world.gateway.kept(intent_id)
    part = 0 if is_held else min(300, kept)
    return anytime | {
        "hear": lambda: world.hear(intent_id),
        "pay": lambda: world.gateway.pay(intent_id),
        "decline": lambda: world.gateway.decline(intent_id),
        "challenge": lambda: world.gateway.require_action(intent_id),
        "process": lambda: world.gateway.process(intent_id),
        "dispute": lambda: kept and not is_held and world.gateway.dispute(intent_id),
        "win a dispute": lambda: is_open and world.gateway.close_dispute(intent_id, "won"),
        "lose a dispute": lambda: is_open and world.gateway.close_dispute(intent_id, "lost"),
        "refund": lambda: world.refund(payment, 700),
        "refund elsewhere": lambda: part and world.gateway.refund_elsewhere(intent_id, part),
    }


def run(world, order, acts):
    seen = []
    for name in acts:
        moves = moves_of(world, order, world.payments.get(order.id))
        with suppress(Refusal):
            moves.get(name, lambda: None)()
        if payment := world.payments.get(order.id):
            seen.append(payment)
    return seen


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(ACTS), max_size=25), st.booleans())
@example(acts=["start", "pay", "hear", "refund elsewhere"], is_cancelled_at_last=True)
def test_any_order_of_things_ends_well(acts, is_cancelled_at_last):
    world = World()
    order = world.placed()
    seen = run(world, order, acts)
    calm = ["stripe up", "hear", "sweep", "hear"]
    seen += run(world, order, (["cancel"] if is_cancelled_at_last else []) + calm)

    landed = [payment.has_landed for payment in seen]
    assert landed == sorted(landed), "success is final"
    versions = [payment.version for payment in seen]
    assert versions == sorted(versions)
    assert len(world.gateway.intents) <= 1
    told = [event.version for event in world.payments.events]
    assert told == sorted(set(told))
    assert sum(topic == "payment.created" for topic, _, _ in world.told()) <= 1

    payment = world.payments.get(order.id)
    if payment is None or payment.intent_id is None:
        return
    kept = world.gateway.kept(payment.intent_id)
    assert kept >= 0
    if payment.is_void:
        assert kept == 0 or payment.status == "processing" or payment.is_held_by_bank
    if payment.has_landed:
        lost = world.gateway.lost(payment.intent_id)
        assert payment.amount.amount - payment.refunded.amount - lost == kept
        last = world.payments.events[-1]
        assert last.refunded == payment.refunded


@settings(max_examples=100, deadline=None)
@given(st.permutations(["hear"] * 4 + ["pay", "cancel", "sweep", "decline", "hear"]))
def test_shuffled_and_doubled_messages_give_the_same_end(acts):
    world = World()
    order = world.placed()
    world.start(order.id)
    run(world, order, [*acts, "hear"])
    payment = world.payment(order.id)
    assert world.gateway.kept(payment.intent_id) == 0
    assert payment.status in {"canceled", "refunded"}
