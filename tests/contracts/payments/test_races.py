"""The payments functions on MongoDB and Stripe's stand-in, everything at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from shared.kernel.errors import Refusal, Unavailable
from shared.payments.mongo import INDEXES, MongoAnswers, MongoOrders, MongoPayments
from shared.payments.stripe_gateway import StripeGateway, StripeSettings
from tests.functions.payments.world import World

pytestmark = pytest.mark.engines
STARTED = ["payment-started"]


@pytest.fixture
def world(mongo, sink, stripe_base):
    for index in INDEXES:
        index.create(mongo)
    return World(
        orders=MongoOrders(mongo),
        payments=MongoPayments(mongo, sink.settings),
        gateway=StripeGateway(StripeSettings("sk_test_x", stripe_base)),
        answers=MongoAnswers(mongo),
    )


@pytest.fixture
def pay(stripe_base):
    def confirm(payment):
        fields = {"client_secret": payment.client_secret, "payment_method": "pm_card_visa"}
        url = f"{stripe_base}/v1/payment_intents/{payment.intent_id}/confirm"
        return requests.post(url, data=fields, auth=("pk_test_x", ""), timeout=10).status_code

    return confirm


def at_once(*acts):
    """Runs all in threads of their own; what is refused for now may be."""

    def run(act):
        try:
            return act()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_twenty_starts_make_one_payment(world):
    order = world.placed()
    replies = at_once(*[lambda: world.start(order.id)] * 20)
    secrets = {reply.value.client_secret for reply in replies if not isinstance(reply, Refusal)}
    assert len(secrets) == 1
    assert all(isinstance(one, Unavailable) for one in replies if isinstance(one, Refusal))
    payment = world.payments.get(order.id)
    assert payment.client_secret in secrets


def test_twenty_starts_with_one_key_give_one_answer(world):
    order = world.placed()
    replies = at_once(*[lambda: world.start(order.id, key="k")] * 20)
    given = [reply for reply in replies if not isinstance(reply, Refusal)]
    again = world.start(order.id, key="k")
    assert {(reply.status, reply.value) for reply in given} == {(again.status, again.value)}


def test_twenty_webhooks_tell_it_once(world, pay, sink):
    order = world.placed()
    world.start(order.id)
    payment = world.payments.get(order.id)
    assert pay(payment) == 200
    at_once(*[lambda: world.hear(payment.intent_id)] * 20)
    assert world.payments.get(order.id).status == "succeeded"
    assert sink.topics == ["payment-started", "payment-created"]


@pytest.mark.parametrize("number", range(3))
def test_paying_cancelling_and_hearing_at_once_leaves_no_money(world, pay, sink, number):
    del number  # the same race again, for it falls out differently
    order = world.placed()
    world.start(order.id)
    payment = world.payments.get(order.id)
    hears = [lambda: world.hear(payment.intent_id)] * 4

    def cancel_order():
        world.cancel_order_known_as(order)

    at_once(lambda: pay(payment), *hears, cancel_order, world.sweep, lambda: pay(payment), *hears)
    cancel_order()
    world.hear(payment.intent_id)
    ledger = world.gateway.get(payment.intent_id)
    settled = world.payments.get(order.id)
    assert settled.is_settled
    if ledger.status == "succeeded":
        assert ledger.refunded == order.total.amount
        assert len(ledger.refunds) == 1
        assert settled.status == "refunded"
        assert sorted(sink.topics) == ["payment-created", "payment-refunded", "payment-started"]
    else:
        assert (ledger.status, settled.status, sink.topics) == ("canceled", "canceled", STARTED)


def test_many_refunds_at_once_never_give_back_more_than_was_paid(world, pay):
    order = world.placed()
    world.start(order.id)
    pay(world.payments.get(order.id))
    world.hear(world.payments.get(order.id).intent_id)
    payment = world.payments.get(order.id)
    at_once(*[lambda n=n: world.refund(payment, 1500, key=f"k{n}") for n in range(8)])
    world.sweep()
    ledger = world.gateway.get(payment.intent_id)
    settled = world.payments.get(order.id)
    assert ledger.refunded in {1500, 3000, 4500}
    assert settled.refunded.amount == ledger.refunded
    done = [refund for refund in settled.refunds if refund.status == "succeeded"]
    assert len(done) == len(ledger.refunds)


def test_money_that_lands_after_a_lost_webhook_is_found_by_the_sweep(world, pay, sink):
    order = world.placed()
    world.start(order.id)
    pay(world.payments.get(order.id))
    world.sweep()
    assert sink.topics == ["payment-started", "payment-created"]


def test_a_payment_past_its_time_is_closed_at_stripe(world, pay, sink):
    order = world.placed()
    world.start(order.id)
    payment = world.payments.get(order.id)
    world.clock.time = order.expires_at
    world.sweep()
    assert sink.topics == ["payment-started", "payment-failed"]
    assert pay(payment) == 400
