"""The measure is Stripe's own SDK: no key it does not know, none missing that it promises."""

import types
import typing

import msgspec
import pytest
import stripe

from localdev.stripe import machine
from localdev.stripe.methods import method_of_token
from localdev.stripe.moment import Moment
from localdev.stripe.objects import Objects
from localdev.stripe.records import Charge, Dispute, Event, Intent
from localdev.stripe.refunds import Asked, refunded

OBJECTS = Objects("http://127.0.0.1:1")
SHAPES = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "payment_method": stripe.PaymentMethod,
}


def an_intent():
    return Intent(
        id="pi_1", created=1, secret="pi_1_secret_x", amount=1299, currency="usd",
        status=machine.NEEDS_METHOD, types=["card"], is_automatic=True,
        capture_method="automatic", metadata={"a": "b"}, details={"description": "d"},
        return_url="https://shop.localhost/back",
    )  # fmt: skip


def records():
    moment = Moment()
    yield an_intent()
    for card in ("visa", "chargeDeclined", "radarBlock", "threeDSecure2Required", "createDispute"):
        method = method_of_token(f"pm_card_{card}", moment)
        step = machine.confirmed(an_intent(), method, moment)
        yield from (step.about, *step.others)
    paid = machine.confirmed(an_intent(), method_of_token("pm_card_visa", moment), moment)
    charge = next(one for one in paid.others if isinstance(one, Charge))
    yield refunded(charge, Asked(100, None, {}), moment).about
    yield Event(id="evt_1", created=1, type="charge.refunded", data={"object": {}})


def shape_of(hint):
    """The SDK class behind an annotation, if it is one of its objects."""
    options = typing.get_args(hint) if is_union(hint) else (hint,)
    classes = [one for one in options if isinstance(one, type)]
    found = [one for one in classes if issubclass(one, stripe.StripeObject)]
    return found[0] if found else None


def is_union(hint):
    return typing.get_origin(hint) in {typing.Union, types.UnionType}


def problems(seen, shape, path):
    hints = {
        name: hint
        for name, hint in shape.__annotations__.items()
        if typing.get_origin(hint) is not typing.ClassVar
    }
    if not hints:
        return
    for name in seen.keys() - hints.keys():
        yield f"{path}.{name} is not Stripe's"
    for name, hint in hints.items():
        is_optional = is_union(hint) and type(None) in typing.get_args(hint)
        if not is_optional and seen.get(name) is None:
            yield f"{path}.{name} is missing"
        inner = shape_of(hint)
        if inner is not None and isinstance(seen.get(name), dict):
            yield from problems(seen[name], inner, f"{path}.{name}")


@pytest.mark.parametrize(
    "record", list(records()), ids=lambda one: f"{one.id[:3]}{type(one).__name__}"
)
def test_every_object_has_stripes_shape(record):
    seen = OBJECTS.whole(record)
    assert list(problems(seen, SHAPES[seen["object"]], seen["object"])) == []


def test_the_shape_check_sees_a_key_too_many_and_one_too_few():
    seen = OBJECTS.whole(an_intent()) | {"colour": "red"}
    del seen["client_secret"], seen["amount"]
    found = set(problems(seen, stripe.PaymentIntent, "pi"))
    assert {"pi.colour is not Stripe's", "pi.amount is missing"} <= found


def test_a_client_secret_shows_no_metadata_and_no_charge():
    seen = OBJECTS.public(an_intent())
    assert seen["client_secret"] == "pi_1_secret_x"
    assert not {"metadata", "latest_charge", "amount_received", "customer"} & seen.keys()


def asked(**changes):
    moment = Moment()
    method = method_of_token("pm_card_threeDSecure2Required", moment)
    intent = msgspec.structs.replace(an_intent(), **changes)
    return OBJECTS.whole(machine.confirmed(intent, method, moment).about)


def test_a_challenge_redirects_where_there_is_a_way_back():
    action = asked()["next_action"]
    assert action["type"] == "redirect_to_url"
    assert action["redirect_to_url"]["return_url"] == "https://shop.localhost/back"
    assert action["redirect_to_url"]["url"].startswith("http://127.0.0.1:1/3d_secure_2/hosted?")


def test_a_challenge_without_a_way_back_is_the_scripts_business():
    assert asked(return_url=None)["next_action"]["type"] == "use_stripe_sdk"


def test_a_failed_charge_took_nothing():
    moment = Moment()
    step = machine.confirmed(an_intent(), method_of_token("pm_card_radarBlock", moment), moment)
    charge = next(OBJECTS.whole(one) for one in step.others if isinstance(one, Charge))
    assert (charge["paid"], charge["captured"], charge["amount_captured"]) == (False, False, 0)
    assert charge["outcome"]["type"] == "blocked"


def test_dispute_names_charge_and_intent():
    moment = Moment()
    step = machine.confirmed(an_intent(), method_of_token("pm_card_createDispute", moment), moment)
    dispute = next(OBJECTS.whole(one) for one in step.others if isinstance(one, Dispute))
    assert dispute["payment_intent"] == "pi_1"
    assert dispute["charge"] == step.about.latest_charge
