"""The calls on payment intents."""

import hmac
from urllib.parse import urlsplit

import msgspec

from localdev.stripe import machine
from localdev.stripe.call import Access, Answer, Call
from localdev.stripe.currencies import check_amount, check_currency
from localdev.stripe.errors import Refused, invalid, missing
from localdev.stripe.forms import Json
from localdev.stripe.methods import method_of_data, method_of_token
from localdev.stripe.reading import LISTING, list_page, page_of
from localdev.stripe.records import Intent, Method
from localdev.stripe.step import Step

_TEXTS = ("description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix")
_WAYS = frozenset({"payment_method", "payment_method_data"})
_DETAILS = _WAYS | {"amount", "currency", "metadata", "payment_method_types", "shipping", *_TEXTS}
_CREATE = _DETAILS | {
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "expand",
    "return_url",
}
_UPDATE = _DETAILS | {"expand"}
_CONFIRM = _WAYS | {"client_secret", "expand", "receipt_email", "return_url", "shipping"}
_RETRIEVE = frozenset({"client_secret", "expand"})
_CANCEL = frozenset({"cancellation_reason", "expand"})
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
# A card is taken at once; holding it for a later capture is not offered here.
_CAPTURES = ("automatic", "automatic_async")


def create_intent(call: Call) -> Answer:
    """POST /v1/payment_intents, confirmed at once with ``confirm=true``."""
    call.params.check_known(_CREATE)
    is_confirmed = bool(call.params.flag("confirm"))
    if "return_url" in call.params and not is_confirmed:
        raise invalid(
            "return_url",
            "The parameter `return_url` cannot be passed when creating a PaymentIntent unless "
            "`confirm` is set to true.",
        )
    method = _given_method(call)
    intent = _new_intent(call)
    if method is not None:
        intent = machine.with_method(intent, method)
    intent = msgspec.structs.replace(intent, return_url=_return_url(call))
    opened = machine.opened(intent)
    if is_confirmed:
        return call.finish(opened, machine.confirmed(intent, method, call.moment))
    return call.finish(*_keeping(method), opened)


def retrieve_intent(call: Call) -> Answer:
    """GET /v1/payment_intents/{id}."""
    call.params.check_known(_RETRIEVE)
    return Answer(200, call.view(_intent(call)))


def list_intents(call: Call) -> Answer:
    """GET /v1/payment_intents."""
    call.params.check_known(LISTING)
    page = page_of(call.account, call.params, Intent, {})
    return Answer(200, list_page(call.account, call.params, Intent, page, "/v1/payment_intents"))


def update_intent(call: Call) -> Answer:
    """POST /v1/payment_intents/{id}: an ended intent takes metadata and description only."""
    call.params.check_known(_UPDATE)
    intent = call.named(Intent)
    for name in sorted(_UPDATE - {"metadata", "description", "expand"}):
        if name in call.params:
            machine.check_open(intent, name)
    method = _given_method(call)
    if method is not None:
        intent = machine.with_method(intent, method)
    changed = msgspec.structs.replace(intent, **_changes(call, intent))
    return call.finish(*_keeping(method), Step(changed))


def confirm_intent(call: Call) -> Answer:
    """POST /v1/payment_intents/{id}/confirm."""
    call.params.check_known(_CONFIRM)
    intent = _intent(call)
    machine.check_confirmable(intent)
    method = _given_method(call)
    if method is None and intent.method is not None:
        method = call.account.store.get(Method, intent.method)
    tried = msgspec.structs.replace(
        intent,
        return_url=_return_url(call) or intent.return_url,
        details=intent.details | _details(call),
    )
    return call.finish(machine.confirmed(tried, method, call.moment))


def cancel_intent(call: Call) -> Answer:
    """POST /v1/payment_intents/{id}/cancel."""
    call.params.check_known(_CANCEL)
    reason = call.params.choice("cancellation_reason", _REASONS)
    return call.finish(machine.canceled(call.named(Intent), reason, call.moment))


def _intent(call: Call) -> Intent:
    """The path's intent; a publishable key opens it with its client secret only."""
    if call.access is Access.PUBLISHABLE and "client_secret" not in call.params:
        raise missing("client_secret")
    intent = call.named(Intent)
    given = call.params.text("client_secret")
    is_wrong = given is not None and not hmac.compare_digest(given.encode(), intent.secret.encode())
    if is_wrong or (given is None and call.access is Access.PUBLISHABLE):
        raise invalid(
            "client_secret",
            "The client_secret provided does not match the client_secret associated with the "
            "PaymentIntent.",
        )
    return intent


def _keeping(method: Method | None) -> tuple[Step[Method], ...]:
    return () if method is None else (Step(method),)


def _new_intent(call: Call) -> Intent:
    params, intent_id = call.params, call.moment.new_id("pi")
    amount = params.required("amount") and params.integer("amount")
    currency = check_currency(params.required("currency"))
    params.choice("confirmation_method", ("automatic",))
    return Intent(
        id=intent_id,
        secret=call.moment.new_id(f"{intent_id}_secret"),
        created=call.moment.now,
        amount=check_amount(int(amount or 0), currency),
        currency=currency,
        status=machine.NEEDS_METHOD,
        types=_types(call),
        is_automatic=_is_automatic(call),
        capture_method=params.choice("capture_method", _CAPTURES) or "automatic_async",
        metadata=params.changed_metadata({}),
        details=_details(call),
    )


def _changes(call: Call, intent: Intent) -> Json:
    params = call.params
    currency = check_currency(params.text("currency") or intent.currency)
    amount = params.integer("amount")
    return {
        "amount": check_amount(intent.amount if amount is None else amount, currency),
        "currency": currency,
        "metadata": params.changed_metadata(intent.metadata),
        "details": intent.details | _details(call),
    } | ({"types": _types(call)} if "payment_method_types" in params else {})


def _details(call: Call) -> Json:
    details: Json = {name: call.params.text(name) for name in _TEXTS if name in call.params}
    if "shipping" in call.params:
        details["shipping"] = call.params.tree("shipping")
    return details


def _types(call: Call) -> list[str]:
    types = call.params.texts("payment_method_types")
    for one in types:
        if one != "card":
            raise invalid(
                "payment_method_types",
                f"The payment method type provided: {one} is invalid. Only card is activated.",
            )
    if types and call.params.group("automatic_payment_methods"):
        raise invalid(
            "payment_method_types",
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types.",
        )
    return ["card"]


def _is_automatic(call: Call) -> bool:
    """Whether the account's methods are offered: the default without a list of types."""
    group = call.params.group("automatic_payment_methods")
    if group is None:
        return "payment_method_types" not in call.params
    group.check_known(frozenset({"enabled", "allow_redirects"}))
    group.choice("allow_redirects", ("always", "never"))
    return group.required("enabled") == "true"


def _given_method(call: Call) -> Method | None:
    data = call.params.group("payment_method_data")
    token = call.params.text("payment_method")
    if data is not None and token is not None:
        raise Refused(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            param="payment_method_data",
        )
    if data is not None:
        return method_of_data(data, call.moment)
    if token is None:
        return None
    return call.account.store.find(Method, token) or method_of_token(token, call.moment)


def _return_url(call: Call) -> str | None:
    given = call.params.text("return_url")
    if given is None:
        return None
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid("return_url", "Not a valid URL", "url_invalid")
    return given
