"""What the Stripe stand-in posts is what the reader of webhooks understands."""

import json
import time
from datetime import UTC, datetime

import pytest
import requests

from shared.payments.model import BadSignature
from shared.payments.stripe_webhooks import StripeWebhooks, StripeWebhookSettings

pytestmark = pytest.mark.engines
SECRET_KEY = ("sk_test_x", "")


def post(base, path, **fields):
    answer = requests.post(f"{base}/v1/{path}", data=fields, auth=SECRET_KEY, timeout=10)
    return answer.json()


def delivery(webhooks, kind, intent_id):
    """The delivery of this kind about this intent, waited for."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for _, headers, body in list(webhooks.posted):
            if json.loads(body)["type"] == kind and intent_id.encode() in body:
                return body, headers
        time.sleep(0.02)
    raise AssertionError(f"no {kind} for {intent_id} within 10 s")


def read(body, headers, secret="whsec_x"):
    reader = StripeWebhooks(StripeWebhookSettings(secret))
    named = {name.lower(): value for name, value in headers.items()}
    return reader.intent_of(body, named["stripe-signature"], datetime.now(UTC))


@pytest.mark.parametrize(
    ("card", "kinds"),
    [
        ("pm_card_visa", ["payment_intent.succeeded"]),
        ("pm_card_chargeDeclined", ["payment_intent.payment_failed"]),
        ("pm_card_threeDSecure2Required", ["payment_intent.requires_action"]),
        ("pm_card_createDispute", ["payment_intent.succeeded", "charge.dispute.created"]),
    ],
)
def test_what_becomes_of_a_card_names_its_intent(stripe_base, webhooks, card, kinds):
    intent_id = post(stripe_base, "payment_intents", amount=5000, currency="usd")["id"]
    post(
        stripe_base,
        f"payment_intents/{intent_id}/confirm",
        payment_method=card,
        return_url="https://shop.localhost/orders/x",
    )
    for kind in kinds:
        body, headers = delivery(webhooks, kind, intent_id)
        assert read(body, headers) == intent_id


def test_a_refund_names_its_intent_and_a_cancellation_too(stripe_base, webhooks):
    paid = post(
        stripe_base,
        "payment_intents",
        amount=5000,
        currency="usd",
        confirm="true",
        payment_method="pm_card_visa",
        return_url="https://shop.localhost/orders/x",
    )["id"]
    post(stripe_base, "refunds", payment_intent=paid, amount=100)
    assert read(*delivery(webhooks, "charge.refunded", paid)) == paid
    open_one = post(stripe_base, "payment_intents", amount=5000, currency="usd")["id"]
    post(stripe_base, f"payment_intents/{open_one}/cancel")
    assert read(*delivery(webhooks, "payment_intent.canceled", open_one)) == open_one


def test_another_secret_does_not_verify(stripe_base, webhooks):
    intent_id = post(stripe_base, "payment_intents", amount=5000, currency="usd")["id"]
    body, headers = delivery(webhooks, "payment_intent.created", intent_id)
    assert read(body, headers) is None
    with pytest.raises(BadSignature):
        read(body, headers, "whsec_other")
