import subprocess
import sys

import pytest
import stripe

from shared.kernel.errors import Unavailable
from shared.payments.stripe_form import StripeCardForm, StripeFormSettings
from shared.payments.stripe_gateway import StripeGateway, StripeSettings, _decline, _intent

GATEWAY = StripeGateway(StripeSettings("sk_test_x", "http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "error",
    [
        stripe.APIConnectionError("no route"),
        stripe.RateLimitError("slow down"),
        stripe.APIError("500"),
    ],
)
def test_stripe_out_of_reach_is_unavailable(error):
    def call():
        raise error

    with pytest.raises(Unavailable):
        GATEWAY._ask("refunds.list", call)


@pytest.mark.parametrize(
    "error",
    [
        stripe.AuthenticationError("bad key"),
        stripe.IdempotencyError("other body"),
        stripe.InvalidRequestError("no such intent", "id"),
    ],
)
def test_our_own_mistakes_stay_faults(error):
    def call():
        raise error

    with pytest.raises(type(error)):
        GATEWAY._ask("refunds.list", call)


def test_every_state_of_an_intent_has_a_word_here():
    for status in (
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
        "requires_capture",
        "succeeded",
        "canceled",
    ):
        found = stripe.PaymentIntent.construct_from(
            {"id": "pi", "client_secret": "s", "status": status}, "sk"
        )
        assert _intent(found, ()).status


def test_two_declines_have_two_names():
    first = _decline({"code": "card_declined", "charge": "ch_1"}, None)
    second = _decline({"code": "card_declined", "charge": "ch_2"}, None)
    challenge = _decline({"code": "authentication_failure", "payment_method": {"id": "pm"}}, None)
    assert len({first, second, challenge}) == 3
    assert _decline(None, "ch_1") is None


def test_the_sdk_is_not_loaded_before_it_is_needed():
    program = (
        "import sys, functions.payments.start_payment, functions.payments.receive_stripe_webhook\n"
        "from shared.payments.stripe_gateway import StripeGateway, StripeSettings\n"
        "StripeGateway(StripeSettings('sk', ''))\n"
        "sys.exit('stripe' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_policy_opens_for_the_stand_in_alone():
    form = StripeCardForm(StripeFormSettings("pk_test_x", "http://127.0.0.1:4242"))
    policy = form.content_security_policy
    assert "connect-src 'self' http://127.0.0.1:4242" in policy
    assert "stripe.com" not in policy


def test_the_policy_opens_for_stripe_alone():
    policy = StripeCardForm(StripeFormSettings("pk_live_x")).content_security_policy
    assert "script-src 'self' https://js.stripe.com;" in policy
    assert "frame-src https://js.stripe.com https://hooks.stripe.com" in policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
