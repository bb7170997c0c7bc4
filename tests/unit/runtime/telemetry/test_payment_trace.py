"""A payment's trace goes to the provider and comes back with its webhook."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from shared.payments.stripe_gateway import _metadata
from shared.payments.stripe_webhooks import StripeWebhooks, StripeWebhookSettings
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import Request
from shared.runtime.trace import begin_call, current_call
from shared.runtime.wiring import Upload
from tests.functions.payments.world import World
from tests.unit.runtime.telemetry.collector import attributes_of
from tests.unit.runtime.test_handler import call

SECRET = "whsec_test"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
OF_THE_GATEWAY = f"00-{'ab' * 16}-{'cd' * 8}-01"


@http("POST", "/hook", access=Access.PUBLIC)
def hear(upload: Upload, request: Request) -> None:
    """Reads a webhook."""
    signature = request.header("Stripe-Signature")
    reader = StripeWebhooks(StripeWebhookSettings(SECRET))
    reader.intent_of(upload.body, signature, datetime.now(UTC))


def send(kind: str, secret: str = SECRET, **subject: Any) -> int:
    body = json.dumps({"type": kind, "data": {"object": {"id": "x_1"} | subject}})
    now = int(datetime.now(UTC).timestamp())
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, now)
    headers = {"stripe_signature": signature, "traceparent": OF_THE_GATEWAY}
    return call(hear, "POST", "/api/hook", body.encode(), **headers).status


def test_a_payment_keeps_the_trace_that_it_began_in():
    begin_call("request", PARENT)
    world = World()
    payment = world.started()
    assert payment.traceparent == PARENT
    begin_call("another", "")
    world.start(payment.order_id)
    assert _metadata(world.payment(payment.order_id)) == {
        "order_id": payment.order_id,
        "traceparent": PARENT,
    }


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "charge.refunded"])
def test_a_webhook_goes_on_in_the_trace_of_its_payment(told, kind):
    assert send(kind, metadata={"order_id": "o", "traceparent": PARENT}) == 204
    assert current_call().trace_id == TRACE
    span = told().span("POST /api/hook")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    assert [link.trace_id.hex() for link in span.links] == ["ab" * 16]
    assert attributes_of(span)["http.response.status_code"] == 204


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"traceparent": "x" * 10_000},
        {"traceparent": None},
        {"traceparent": PARENT + "\n"},
    ],
)
def test_a_webhook_that_names_no_trace_stays_in_its_own(told, metadata):
    assert send("payment_intent.succeeded", metadata=metadata) == 204
    assert told().span("POST /api/hook").trace_id.hex() == "ab" * 16


def test_a_forged_webhook_reaches_no_trace_of_ours(told, capsys):
    assert send("payment_intent.succeeded", "whsec_x", metadata={"traceparent": PARENT}) == 400
    collector = told()
    assert collector.span("POST /api/hook").trace_id.hex() == "ab" * 16
    assert collector.sums["popshop.guards", "bad_signature"] == 1
    capsys.readouterr()


def test_a_message_that_does_not_concern_us_stays_in_its_own_trace(told):
    assert send("customer.created", metadata={"traceparent": PARENT}) == 204
    assert told().span("POST /api/hook").trace_id.hex() == "ab" * 16
