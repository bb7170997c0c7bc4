"""The card parts of Stripe's objects: methods, a charge's details and the issuer's verdict."""

from localdev.stripe.cards import card_named
from localdev.stripe.forms import Json
from localdev.stripe.records import Charge, Method

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_PERSON = ("email", "name", "phone", "tax_id")


def method_object(method: Method) -> Json:
    """A payment method."""
    card = card_named(method.card)
    given = method.billing_details
    address = given.get("address")
    inside = address if isinstance(address, dict) else {}
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": {name: inside.get(name) for name in _ADDRESS},
            **{name: given.get(name) for name in _PERSON},
        },
        "card": {
            **_card(method),
            "display_brand": card.brand,
            "generated_from": None,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
        },
        "created": method.created,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def card_details(charge: Charge) -> Json:
    """``payment_method_details.card`` of a charge."""
    card = card_named(charge.method.card)
    secured = {
        "authentication_flow": "challenge",
        "result": "authenticated",
        "result_reason": None,
        "version": "2.2.0",
    }
    return {
        **_card(charge.method),
        "amount_authorized": charge.amount,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": charge.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": secured if charge.is_authenticated else None,
    }


def outcome(charge: Charge) -> Json:
    """The verdict on a try."""
    decline = card_named(charge.method.card).decline
    if charge.failure is None or decline is None:
        return _verdict("approved_by_network", None, "normal", "Payment complete.", "authorized")
    if decline.is_blocked:
        return _verdict(
            "not_sent_to_network",
            "highest_risk_level",
            "highest",
            "Stripe blocked this payment as too risky.",
            "blocked",
        )
    return _verdict(
        "declined_by_network",
        decline.decline_code,
        "normal",
        "The bank did not return any further details with this decline.",
        "issuer_declined",
    )


def _verdict(network: str, reason: str | None, risk: str, message: str, kind: str) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": risk,
        "seller_message": message,
        "type": kind,
    }


def _card(method: Method) -> Json:
    card = card_named(method.card)
    is_wrong_cvc = card.decline is not None and card.decline.code == "incorrect_cvc"
    verdict = "fail" if is_wrong_cvc else "pass"
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": verdict if method.has_cvc else None,
        },
        "country": card.country,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
        # One per card, whatever method it is part of.
        "fingerprint": f"popshop{card.number[-9:]}",
        "funding": card.funding,
        "last4": method.last4,
        "wallet": None,
    }
