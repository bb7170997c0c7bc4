"""Payments end to end on Stripe's stand-in: its SDK, its signed webhooks, MongoDB and the sink."""

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from functions.payments.receive_stripe_webhook import receive_stripe_webhook
from shared.kernel.errors import IllegalTransition, Invalid
from shared.kernel.money import Money
from shared.payments.model import Order, Payment
from shared.payments.mongo import INDEXES, MongoAnswers, MongoOrders, MongoPayments
from shared.payments.stripe_gateway import StripeGateway, StripeSettings
from shared.payments.stripe_webhooks import StripeWebhooks, StripeWebhookSettings
from shared.runtime.request import Request
from shared.runtime.wiring import Upload
from tests.contracts.listener import Listener
from tests.fakes.auth import FakeClock
from tests.functions.payments.world import World

pytestmark = pytest.mark.engines
BACK = "https://shop.localhost:8443/orders/x"


@dataclass
class RealWorld(World):
    """The same functions on real adapters; ``hear`` takes the messages that Stripe sent."""

    base: str = ""
    posted: list[Any] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)

    def placed(self, **changes: Any) -> Order:
        """An order that can be paid from now on."""
        return super().placed(**{"expires_at": self.clock.now() + timedelta(minutes=15)} | changes)

    def payment(self, order_id: Any) -> Payment:
        found = self.payments.get(order_id)
        assert found is not None
        return found  # type: ignore[no-any-return]  # the port of World is any

    def pay_with(self, payment: Payment, card: str) -> dict[str, Any]:
        """What the shopper's browser does; Stripe's answer."""
        fields = {
            "key": "pk_test_x",
            "client_secret": payment.client_secret,
            "payment_method": card,
            "return_url": BACK,
        }
        url = f"{self.base}/v1/payment_intents/{payment.intent_id}/confirm"
        answered: dict[str, Any] = requests.post(url, data=fields, timeout=10).json()
        return answered

    def control(self, payment: Payment, path: str, **body: str) -> None:
        """What a bank does."""
        url = f"{self.base}/_test/payment_intents/{payment.intent_id}/{path}"
        requests.post(url, json=body, timeout=10).raise_for_status()

    def hear_of(self, payment: Payment, kind: str) -> Payment:
        """Delivers the message of this kind about the payment, waited for; the payment then."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for _, headers, body in list(self.posted):
                message = json.loads(body)
                is_it = message["type"] == kind and str(payment.intent_id).encode() in body
                if is_it and message["id"] not in self.heard:
                    self.heard.add(message["id"])
                    self._deliver(headers, body)
                    return self.payment(payment.order_id)
            time.sleep(0.02)
        raise AssertionError(f"no new {kind} for {payment.intent_id} within 10 s")

    def _deliver(self, headers: dict[str, str], body: bytes) -> None:
        named = {name.lower(): value for name, value in headers.items()}
        signature = {"HTTP_STRIPE_SIGNATURE": named["stripe-signature"]}
        receive_stripe_webhook(
            Upload(body=body, media_type="application/json"),
            Request({"REQUEST_METHOD": "POST"} | signature),
            StripeWebhooks(StripeWebhookSettings("whsec_x")),
            self.payments,
            self.gateway,
            self.clock,
        )


@pytest.fixture
def world(mongo, sink: Listener, stripe_base: str, webhooks: Listener) -> RealWorld:
    for index in INDEXES:
        index.create(mongo)
    return RealWorld(
        orders=MongoOrders(mongo),
        payments=MongoPayments(mongo, sink.settings),
        gateway=StripeGateway(StripeSettings("sk_test_x", stripe_base)),
        answers=MongoAnswers(mongo),
        clock=FakeClock(datetime.now(UTC)),  # webhooks are signed by the clock on the wall
        base=stripe_base,
        posted=webhooks.posted,
    )


CHALLENGE = "pm_card_threeDSecure2Required"


def challenged(world):
    payment = world.started()
    answer = world.pay_with(payment, CHALLENGE)
    assert answer["status"] == "requires_action"
    assert answer["next_action"]["redirect_to_url"]["return_url"] == BACK
    return world.hear_of(payment, "payment_intent.requires_action")


def test_a_challenge_that_is_passed_pays(world, sink):
    payment = challenged(world)
    assert (payment.status, payment.is_open) == ("requires_action", True)
    assert world.show(payment.order_id).value.client_secret == payment.client_secret
    world.control(payment, "authenticate", outcome="succeeded")
    assert world.hear_of(payment, "payment_intent.succeeded").status == "succeeded"
    assert sink.topics == ["payment-started", "payment-created"]


def test_a_challenge_that_is_failed_takes_nothing_and_another_card_pays(world, sink):
    payment = challenged(world)
    world.control(payment, "authenticate", outcome="failed")
    failed = world.hear_of(payment, "payment_intent.payment_failed")
    assert (failed.status, failed.reason, failed.is_open) == ("failed", "declined", True)
    assert world.pay_with(failed, "pm_card_visa")["status"] == "succeeded"
    assert world.hear_of(failed, "payment_intent.succeeded").status == "succeeded"
    assert sink.topics == ["payment-started", "payment-failed", "payment-created"]


def test_a_challenge_may_be_left_for_another_card(world):
    payment = challenged(world)
    assert world.pay_with(payment, "pm_card_visa")["status"] == "succeeded"
    assert world.hear_of(payment, "payment_intent.succeeded").status == "succeeded"


def paid(world) -> Payment:
    payment = world.started()
    world.pay_with(payment, "pm_card_visa")
    return world.hear_of(payment, "payment_intent.succeeded")  # type: ignore[no-any-return]


def test_a_dispute_is_told_recorded_and_lost_without_a_refund(world, sink):
    payment = paid(world)
    world.refund(payment, 2000)
    world.control(payment, "dispute", reason="fraudulent")
    disputed = world.hear_of(payment, "charge.dispute.created")
    assert (disputed.dispute.status, disputed.dispute.amount) == ("open", Money(3000))
    with pytest.raises(IllegalTransition):
        world.refund(payment, 100)
    world.control(payment, "dispute/close", outcome="lost")
    lost = world.hear_of(payment, "charge.dispute.closed")
    assert (lost.dispute.status, lost.refunded) == ("lost", Money(2000))
    assert (lost.status, lost.refundable) == ("partially_refunded", Money(0))
    assert sink.topics[1:] == ["payment-created", "payment-refunded", "payment-disputed"]


def test_a_dispute_that_is_won_leaves_the_money_here(world):
    payment = paid(world)
    world.control(payment, "dispute")
    world.hear_of(payment, "charge.dispute.created")
    world.control(payment, "dispute/close", outcome="won")
    won = world.hear_of(payment, "charge.dispute.closed")
    assert (won.dispute.status, won.refundable) == ("won", Money(5000))
    assert world.refund(payment).status == "refunded"


def test_parts_are_refunded_once_per_key_up_to_the_total(world):
    payment = paid(world)
    first = world.refund(payment, 2000, key="a")
    assert world.refund(payment, 2000, key="a") == first
    assert world.refund(payment, 1000, key="b").refundable == Money(2000)
    with pytest.raises(Invalid):
        world.refund(payment, 2001, key="c")
    assert world.refund(payment, 2000, key="d").status == "refunded"
    with pytest.raises(IllegalTransition):
        world.refund(payment, 1, key="e")
