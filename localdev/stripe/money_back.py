"""The calls on refunds, charges and disputes, and on the events that tell of everything."""

from dataclasses import replace

from localdev.stripe.call import Answer, Call
from localdev.stripe.errors import Refused, invalid
from localdev.stripe.reading import LISTING, list_page, page_of
from localdev.stripe.records import Charge, Dispute, Event, Intent, Record, Refund
from localdev.stripe.refunds import Asked, refunded, relabelled

_CREATE = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_EXPAND = frozenset({"expand"})


def create_refund(call: Call) -> Answer:
    """POST /v1/refunds of a charge or of an intent's."""
    call.params.check_known(_CREATE)
    asked = Asked(
        amount=call.params.integer("amount"),
        reason=call.params.choice("reason", _REASONS),
        metadata=call.params.changed_metadata({}),
    )
    if asked.amount is not None and asked.amount < 1:
        raise invalid(
            "amount",
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    return call.finish(refunded(_charge(call), asked, call.moment))


def update_refund(call: Call) -> Answer:
    """POST /v1/refunds/{id}: metadata only."""
    call.params.check_known(frozenset({"expand", "metadata"}))
    refund = call.named(Refund)
    return call.finish(relabelled(refund, call.params.changed_metadata(refund.metadata)))


def retrieve_refund(call: Call) -> Answer:
    """GET /v1/refunds/{id}."""
    return _retrieve(call, Refund)


def retrieve_charge(call: Call) -> Answer:
    """GET /v1/charges/{id}."""
    return _retrieve(call, Charge)


def retrieve_dispute(call: Call) -> Answer:
    """GET /v1/disputes/{id}."""
    return _retrieve(call, Dispute)


def list_disputes(call: Call) -> Answer:
    """GET /v1/disputes, of an intent or a charge."""
    return _list(call, Dispute, "/v1/disputes", {"payment_intent": "intent", "charge": "charge"})


def retrieve_event(call: Call) -> Answer:
    """GET /v1/events/{id}."""
    return _retrieve(call, Event)


def list_refunds(call: Call) -> Answer:
    """GET /v1/refunds, of an intent or a charge."""
    return _list(call, Refund, "/v1/refunds", {"payment_intent": "intent", "charge": "charge"})


def list_charges(call: Call) -> Answer:
    """GET /v1/charges, of an intent."""
    return _list(call, Charge, "/v1/charges", {"payment_intent": "intent"})


def list_events(call: Call) -> Answer:
    """GET /v1/events, of one type or several."""
    call.params.check_known(LISTING | {"type", "types"})
    kind = call.params.text("type")
    types = tuple(call.params.texts("types")) + ((kind,) if kind else ())
    page = replace(page_of(call.account, call.params, Event, {}), types=types)
    return Answer(200, list_page(call.account, call.params, Event, page, "/v1/events"))


def _retrieve(call: Call, kind: type[Record]) -> Answer:
    call.params.check_known(_EXPAND)
    return Answer(200, call.view(call.named(kind)))


def _list(call: Call, kind: type[Record], url: str, filters: dict[str, str]) -> Answer:
    call.params.check_known(LISTING | frozenset(filters))
    equals = {
        field: wanted
        for name, field in filters.items()
        if (wanted := call.params.text(name)) is not None
    }
    page = page_of(call.account, call.params, kind, equals)
    return Answer(200, list_page(call.account, call.params, kind, page, url))


def _charge(call: Call) -> Charge:
    charge_id, intent_id = call.params.text("charge"), call.params.text("payment_intent")
    if charge_id is None and intent_id is None:
        raise Refused(
            "One of the following params should be provided for this request: payment_intent or "
            "charge."
        )
    if charge_id is None:
        intent = call.find(Intent, str(intent_id), "payment_intent", 404)
        charge_id = intent.latest_charge if intent.amount_received else None
        if charge_id is None:
            raise Refused(
                f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
                param="payment_intent",
                is_kept=True,
            )
    charge = call.find(Charge, charge_id, "charge", 404)
    _check_refundable(charge, intent_id)
    return charge


def _check_refundable(charge: Charge, intent_id: str | None) -> None:
    if intent_id not in {None, charge.intent}:
        raise invalid("charge", f"Charge {charge.id} is not of PaymentIntent {intent_id}")
    if charge.failure is not None:
        raise Refused(
            f"Charge {charge.id} failed and cannot be refunded.", param="charge", is_kept=True
        )
