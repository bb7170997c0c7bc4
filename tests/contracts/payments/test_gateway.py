"""One suite for the payment gateway: the fake, and Stripe's SDK against the local stand-in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from shared.kernel.errors import NotFound, Unavailable
from shared.kernel.ids import OrderId, PaymentId, UserId, new_id
from shared.kernel.money import Money
from shared.payments.changes import opened, with_intent, with_refund
from shared.payments.model import Dispute, Intent, Order, Payment, RefundRefused
from shared.payments.ports import PaymentGateway
from shared.payments.stripe_gateway import StripeGateway, StripeSettings
from tests.fakes.payments import FakeGateway

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@dataclass
class Provider:
    """A gateway and what a shopper, a bank and the dashboard do behind it."""

    gateway: PaymentGateway
    pay: Callable[[Intent], Any]
    decline: Callable[[Intent], Any]
    challenge: Callable[[Intent], Any]
    dispute: Callable[[Intent], Any]
    decide: Callable[[Intent, str], Any]
    refund_elsewhere: Callable[[Intent, int], Any]


def fake_provider() -> Provider:
    gateway = FakeGateway()
    charges = iter(range(100))
    return Provider(
        gateway=gateway,
        pay=lambda intent: gateway.pay(intent.id),
        decline=lambda intent: gateway.decline(intent.id, f"ch_{next(charges)}"),
        challenge=lambda intent: gateway.require_action(intent.id),
        dispute=lambda intent: gateway.dispute(gateway.pay(intent.id)),
        decide=lambda intent, outcome: gateway.close_dispute(intent.id, outcome),
        refund_elsewhere=lambda intent, amount: gateway.refund_elsewhere(intent.id, amount),
    )


def stripe_provider(base: str) -> Provider:
    def post(path: str, fields: dict[str, Any], key: str) -> None:
        answer = requests.post(f"{base}/v1/{path}", data=fields, auth=(key, ""), timeout=10)
        assert answer.status_code in {200, 402}, answer.text

    def confirm(method: str) -> Callable[[Intent], None]:
        def by_browser(intent: Intent) -> None:
            fields = {
                "client_secret": intent.client_secret,
                "payment_method": method,
                "return_url": "https://shop.localhost:8443/orders/x",
            }
            post(f"payment_intents/{intent.id}/confirm", fields, "pk_test_x")

        return by_browser

    def refund_elsewhere(intent: Intent, amount: int) -> None:
        post("refunds", {"payment_intent": intent.id, "amount": amount}, "sk_test_x")

    def decide(intent: Intent, outcome: str) -> None:
        path = f"{base}/_test/payment_intents/{intent.id}/dispute/close"
        requests.post(path, json={"outcome": outcome}, timeout=10).raise_for_status()

    return Provider(
        gateway=StripeGateway(StripeSettings("sk_test_x", base)),
        pay=confirm("pm_card_visa"),
        decline=confirm("pm_card_chargeDeclined"),
        challenge=confirm("pm_card_threeDSecure2Required"),
        dispute=confirm("pm_card_createDispute"),
        decide=decide,
        refund_elsewhere=refund_elsewhere,
    )


@pytest.fixture(params=["fake", pytest.param("stripe", marks=pytest.mark.engines)])
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    if request.param == "fake":
        yield fake_provider()
    else:
        yield stripe_provider(request.getfixturevalue("stripe_base"))


def a_payment() -> Payment:
    order = Order(
        id=OrderId(new_id()),
        number="P-1",
        user_id=UserId("ada"),
        status="awaiting_payment",
        total=Money(5000),
        expires_at=NOW + timedelta(minutes=15),
        version=2,
    )
    return opened(order, PaymentId(new_id()), NOW)


def paid(provider: Provider) -> Payment:
    payment = a_payment()
    intent = provider.gateway.open(payment)
    provider.pay(intent)
    return replace(with_intent(payment, intent), status="succeeded")


def test_an_order_has_one_intent_however_often_it_is_opened(provider):
    payment = a_payment()
    first = provider.gateway.open(payment)
    assert first.status == "requires_payment_method"
    assert first.client_secret
    twin = replace(payment, id=PaymentId(new_id()), version=7)
    assert provider.gateway.open(twin).id == first.id
    assert provider.gateway.open(a_payment()).id != first.id


def test_rivals_open_the_same_intent(provider):
    payment = a_payment()

    def attempt(_):
        try:
            return provider.gateway.open(payment).id
        except Unavailable:  # the provider may turn a rival away; it comes again
            return None

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(attempt, range(8))) - {None}
    assert len(ids) == 1


def test_a_card_pays(provider):
    intent = provider.gateway.open(a_payment())
    provider.pay(intent)
    after = provider.gateway.get(intent.id)
    assert (after.status, after.decline, after.refunded) == ("succeeded", None, 0)


def test_each_decline_has_a_name_of_its_own_and_another_card_pays(provider):
    intent = provider.gateway.open(a_payment())
    names = []
    for _ in range(2):
        provider.decline(intent)
        after = provider.gateway.get(intent.id)
        assert after.status == "requires_payment_method"
        names.append(after.decline)
    assert None not in names
    assert len(set(names)) == 2
    provider.pay(intent)
    assert provider.gateway.get(intent.id).status == "succeeded"


def test_a_challenge_waits_for_the_shopper(provider):
    intent = provider.gateway.open(a_payment())
    provider.challenge(intent)
    assert provider.gateway.get(intent.id).status == "requires_action"


def test_an_open_intent_is_cancelled_once_and_for_all(provider):
    intent = provider.gateway.open(a_payment())
    assert provider.gateway.cancel(intent.id).status == "canceled"
    assert provider.gateway.cancel(intent.id).status == "canceled"
    assert provider.gateway.get(intent.id).status == "canceled"


def test_a_declined_or_challenged_intent_can_be_cancelled(provider):
    for hinder in (provider.decline, provider.challenge):
        intent = provider.gateway.open(a_payment())
        hinder(intent)
        assert provider.gateway.cancel(intent.id).status == "canceled"


def test_success_wins_over_a_cancellation(provider):
    payment = paid(provider)
    assert provider.gateway.cancel(payment.intent_id or "").status == "succeeded"


def test_a_refund_is_made_once_however_often_it_is_asked_for(provider):
    payment = with_refund(paid(provider), 1500, "admin", None)
    refund = payment.refunds[0]
    for _ in range(2):
        after = provider.gateway.refund(payment, refund)
        assert (after.status, after.refunded) == ("succeeded", 1500)
    assert [one.sequence for one in after.refunds] == [1]
    assert provider.gateway.get(after.id) == after


def test_refunds_add_up_with_those_made_elsewhere(provider):
    payment = with_refund(paid(provider), 1500, "admin", None)
    intent = provider.gateway.refund(payment, payment.refunds[0])
    provider.refund_elsewhere(intent, 500)
    second = replace(payment.refunds[0], sequence=2)
    after = provider.gateway.refund(payment, second)
    assert after.refunded == 3500
    assert {one.sequence for one in after.refunds} == {None, 1, 2}


def test_more_than_was_paid_is_refused(provider):
    payment = with_refund(paid(provider), 1500, "admin", None)
    intent = provider.gateway.refund(payment, payment.refunds[0])
    too_much = replace(payment.refunds[0], sequence=2, amount=Money(3501))
    with pytest.raises(RefundRefused):
        provider.gateway.refund(payment, too_much)
    assert provider.gateway.get(intent.id).refunded == 1500


def test_nothing_goes_back_of_what_was_never_paid(provider):
    payment = a_payment()
    started = with_intent(payment, provider.gateway.open(payment))
    refund = with_refund(replace(started, status="succeeded"), 100, "admin", None).refunds[0]
    with pytest.raises(RefundRefused):
        provider.gateway.refund(started, refund)


def test_a_provider_out_of_reach_is_unavailable(free_address):
    gateway = StripeGateway(StripeSettings("sk_test_x", free_address))
    with pytest.raises(Unavailable):
        gateway.get("pi_1")
    with pytest.raises(Unavailable):
        gateway.open(a_payment())


@pytest.mark.engines
def test_an_intent_that_stripe_does_not_know_is_not_taken_for_cancelled(stripe_base):
    gateway = StripeGateway(StripeSettings("sk_test_x", stripe_base))
    for ask in (gateway.get, gateway.cancel):
        with pytest.raises(NotFound):
            ask("pi_unknown")


def test_a_dispute_is_seen_and_what_is_disputed_is_not_given_back(provider):
    payment = a_payment()
    intent = provider.gateway.open(payment)
    provider.dispute(intent)
    after = provider.gateway.get(intent.id)
    assert (after.status, after.dispute) == (
        "succeeded",
        Dispute(status="open", amount=payment.amount),
    )
    landed = replace(with_intent(payment, intent), status="succeeded")
    refunding = with_refund(landed, 100, "admin", None)
    with pytest.raises(RefundRefused):
        provider.gateway.refund(refunding, refunding.refunds[0])


def disputed(provider: Provider, outcome: str) -> Payment:
    payment = a_payment()
    intent = provider.gateway.open(payment)
    provider.dispute(intent)
    provider.decide(intent, outcome)
    return replace(with_intent(payment, intent), status="succeeded")


def test_what_was_lost_to_the_bank_is_not_given_back(provider):
    payment = disputed(provider, "lost")
    after = provider.gateway.get(payment.intent_id or "")
    assert after.dispute == Dispute(status="lost", amount=payment.amount)
    assert after.refunded == 0
    refunding = with_refund(payment, 100, "admin", None)
    with pytest.raises(RefundRefused):
        provider.gateway.refund(refunding, refunding.refunds[0])


def test_what_was_won_can_be_given_back(provider):
    payment = disputed(provider, "won")
    after = provider.gateway.get(payment.intent_id or "")
    assert after.dispute == Dispute(status="won", amount=payment.amount)
    refunding = with_refund(payment, 100, "admin", None)
    assert provider.gateway.refund(refunding, refunding.refunds[0]).refunded == 100


def test_without_a_dispute_there_is_none(provider):
    assert provider.gateway.get(paid(provider).intent_id or "").dispute is None


def test_parts_add_up_to_the_whole_and_no_further(provider):
    payment = paid(provider)
    for part in (1500, 1, 2000, 1499):
        payment = with_refund(payment, part, "admin", None)
        intent = provider.gateway.refund(payment, payment.refunds[-1])
        done = [replace(one, status="succeeded") for one in payment.refunds]
        back = Money(intent.refunded)
        payment = replace(payment, refunds=done, refunded=back)
    assert payment.refunded == payment.amount
    one_more = replace(payment.refunds[-1], sequence=5, amount=Money(1))
    with pytest.raises(RefundRefused):
        provider.gateway.refund(payment, one_more)
