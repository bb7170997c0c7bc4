import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from shared.kernel.errors import Invalid, Malformed
from shared.payments.model import BadSignature
from shared.payments.stripe_webhooks import StripeWebhooks, StripeWebhookSettings

SECRET = "whsec_test"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
READER = StripeWebhooks(StripeWebhookSettings(SECRET))


def signed(body: str, secret: str = SECRET, at: datetime = NOW) -> str:
    """As Stripe's own SDK signs."""
    time = int(at.timestamp())
    return str(stripe.WebhookSignature.generate_signature_header(body, secret, time))


def message(kind: str, **subject: object) -> str:
    return json.dumps({"id": "evt_1", "type": kind, "data": {"object": subject}})


def read(body: str, signature: str | None = None) -> str | None:
    return READER.intent_of(body.encode(), signed(body) if signature is None else signature, NOW)


def test_a_message_about_an_intent_names_it():
    assert read(message("payment_intent.succeeded", id="pi_1")) == "pi_1"


@pytest.mark.parametrize("kind", ["charge.refunded", "refund.failed", "charge.dispute.created"])
@pytest.mark.parametrize("intent", ["pi_1", {"id": "pi_1"}])
def test_a_message_about_money_names_its_intent(kind, intent):
    assert read(message(kind, id="x_1", payment_intent=intent)) == "pi_1"


@pytest.mark.parametrize(
    "body",
    [
        message("customer.created", id="cus_1"),
        message("payment_intent.created", id="pi_1"),
        message("charge.refunded", id="ch_1", payment_intent=None),
        message("charge.refunded", id="ch_1", payment_intent={"object": "payment_intent"}),
        "{}",
    ],
)
def test_other_messages_do_not_concern_us(body):
    assert read(body) is None


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=1",
        "v1=00",
        f"t={int(NOW.timestamp())},v1=00",
        "t=x,v1=00",
        "t=1,t=2,v1=00",
        "t=²,v1=é",
        signed("other"),
        signed("{}", secret="whsec_other"),
        signed("{}", at=NOW - timedelta(seconds=301)),
        signed("{}", at=NOW + timedelta(seconds=301)),
        signed("{}").replace("v1=", "v0="),
    ],
)
def test_any_other_signature_is_refused(signature):
    with pytest.raises(BadSignature):
        read("{}", signature)


def test_a_second_signature_may_be_the_right_one_while_the_secret_rotates():
    time, right = signed("{}").split(",")
    assert read("{}", f"{time},v1=00,{right}") is None


def test_a_signature_within_the_tolerance_is_taken():
    assert read("{}", signed("{}", at=NOW - timedelta(seconds=299))) is None


def test_without_a_secret_nothing_verifies():
    reader = StripeWebhooks(StripeWebhookSettings(""))
    with pytest.raises(BadSignature):
        reader.intent_of(b"{}", signed("{}", secret=""), NOW)


@pytest.mark.parametrize(
    "body",
    [
        "[",
        "[]",
        "1",
        '{"data": 1}',
        '{"data": {"object": []}}',
        message("payment_intent.succeeded", id={"$gt": ""}),
    ],
)
def test_what_is_signed_but_no_message_is_refused(body):
    with pytest.raises((Malformed, Invalid)):
        read(body)
