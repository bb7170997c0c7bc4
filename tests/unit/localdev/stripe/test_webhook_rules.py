import itertools
import json
import time

import pytest
import stripe

from localdev.stripe.deliveries import Delivery, next_due
from localdev.stripe.faults import Faults, dues
from localdev.stripe.webhooks import payload_of, signature

EVENT = {"id": "evt_1", "object": "event", "type": "payment_intent.created", "data": {}}


def test_stripes_sdk_accepts_the_signature():
    payload = payload_of(EVENT)
    header = signature("whsec_x", payload, int(time.time()))
    event = stripe.Webhook.construct_event(payload, header, "whsec_x")
    assert event.id == "evt_1"


@pytest.mark.parametrize(
    ("secret", "age", "body"),
    [
        ("whsec_other", 0, EVENT),
        ("whsec_x", 301, EVENT),
        ("whsec_x", 0, EVENT | {"type": "payment_intent.succeeded"}),
    ],
)
def test_stripes_sdk_refuses_another_secret_an_old_time_and_another_body(secret, age, body):
    header = signature(secret, payload_of(EVENT), int(time.time()) - age)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(json.dumps(body, indent=2), header, "whsec_x")


def waits():
    now, since, attempts = 0.0, 0.0, 0
    while (due := next_due(Delivery(1, "evt_1", now, attempts, since), now)) is not None:
        yield due - now
        now, attempts = due, attempts + 1


def test_retries_start_at_once_and_slow_down():
    seconds = list(waits())
    assert seconds[:7] == pytest.approx([0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0])
    assert all(one <= other + 1e-6 for one, other in itertools.pairwise(seconds))


def test_a_webhook_is_given_up_after_three_days():
    assert 3 * 24 * 3600 - 300 <= sum(waits()) < 3 * 24 * 3600


def test_without_faults_an_event_is_sent_once_and_now():
    assert list(dues(Faults(), 100.0, 0)) == [100.0]


def test_duplicates_come_on_top():
    assert list(dues(Faults(duplicate=2), 100.0, 0)) == [100.0] * 3


def test_a_delay_is_in_milliseconds():
    assert list(dues(Faults(delay_ms=250), 100.0, 0)) == [100.25]


def test_reorder_turns_the_order_of_a_second_and_of_a_request():
    faults = Faults(reorder=True)
    sent = [next(dues(faults, now, position)) for now, position in
            ((100.1, 0), (100.1, 1), (100.5, 0), (100.9, 0))]  # fmt: skip
    assert sent == sorted(sent, reverse=True)
    assert min(sent) >= 101.0
