from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.errors import Conflict, IllegalTransition
from shared.kernel.ids import OrderId, PaymentId, UserId, new_id
from shared.kernel.money import Money
from shared.payments.changes import observe, opened, voided, with_intent
from shared.payments.model import Intent, IntentRefund, Order
from shared.payments.payable import made_at, may_be_on_its_way, refuse_closed_payment
from shared.payments.use_cases.refunding import check_seen_version

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ORDER = Order(
    id=OrderId("o"),
    number="P-1",
    user_id=UserId("ada"),
    status="awaiting_payment",
    total=Money(5000, "EUR"),
    expires_at=NOW + timedelta(minutes=15),
    version=2,
)
INTENT = Intent(id="pi", client_secret="pi_secret_x", status="requires_payment_method")
OPENED = opened(ORDER, PaymentId("p"), NOW)
STARTED = with_intent(OPENED, INTENT)


def test_the_same_state_changes_nothing():
    assert observe(STARTED, INTENT).after is STARTED


def test_an_event_tells_the_very_state_of_its_version():
    (event,) = observe(STARTED, replace(INTENT, status="succeeded")).events
    assert (event.id, event.order_id, event.user_id) == ("p", "o", "ada")
    assert (event.amount, event.refunded) == (Money(5000, "EUR"), Money(0, "EUR"))
    assert (event.status, event.version) == ("succeeded", STARTED.version + 1)


def test_a_decline_then_a_challenge_then_the_same_decline_is_told_once():
    declined = observe(STARTED, replace(INTENT, decline="ch_1")).after
    challenged = observe(declined, replace(INTENT, status="requires_action")).after
    assert (challenged.status, challenged.reason) == ("requires_action", None)
    again = observe(challenged, replace(INTENT, decline="ch_1"))
    assert again.events == ()
    assert again.after.status == "requires_payment_method"


def test_a_failed_refund_counts_for_nothing():
    refunds = (
        IntentRefund(sequence=1, amount=100),
        IntentRefund(sequence=2, amount=900, is_failed=True),
        IntentRefund(sequence=None, amount=50),
    )
    assert replace(INTENT, refunds=refunds).refunded == 150


@pytest.mark.parametrize(
    ("status", "refunded", "is_open", "is_settled"),
    [
        ("requires_payment_method", 0, True, False),
        ("processing", 0, True, False),
        ("succeeded", 0, False, True),
        ("partially_refunded", 1, False, True),
        ("canceled", 0, False, True),
    ],
)
def test_what_is_open_and_what_is_settled(status, refunded, is_open, is_settled):
    payment = replace(STARTED, status=status, refunded=Money(refunded, "EUR"))
    assert (payment.is_open, payment.is_settled) == (is_open, is_settled)


def test_a_decline_is_open_and_an_expiry_is_not():
    assert replace(STARTED, status="failed", reason="declined").is_open
    assert not replace(STARTED, status="failed", reason="expired").is_open


def test_a_void_payment_cannot_be_started_though_it_is_still_open():
    with pytest.raises(IllegalTransition):
        refuse_closed_payment(voided(STARTED))


def test_only_the_version_that_was_seen_passes():
    check_seen_version(STARTED, None)
    check_seen_version(STARTED, STARTED.version)
    with pytest.raises(Conflict):
        check_seen_version(STARTED, OPENED.version)


def test_an_order_id_tells_when_it_was_made():
    made = made_at(new_id())
    assert made is not None
    assert abs(datetime.now(UTC) - made) < timedelta(seconds=10)


@pytest.mark.parametrize("text", ["", "x", "0b9d5f8e-0f0a-4b58-9b0f-6f4e8f0a1c55", "{" * 36])
def test_another_text_was_never_made(text):
    assert made_at(text) is None
    assert not may_be_on_its_way(text, NOW)


def test_an_id_is_expected_only_while_a_sweep_may_still_bring_it():
    order_id = new_id()
    made = made_at(order_id)
    assert made is not None
    assert may_be_on_its_way(order_id, made + timedelta(minutes=5))
    assert not may_be_on_its_way(order_id, made + timedelta(minutes=6))
    assert not may_be_on_its_way(order_id, made - timedelta(minutes=7))
