"""Stripe's REST API over HTTP: keys, forms, errors and CORS; what calls do is elsewhere."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from localdev.stripe import intents, money_back
from localdev.stripe.account import Account
from localdev.stripe.call import Access, Answer, Call
from localdev.stripe.errors import Refused
from localdev.stripe.forms import Json, MalformedFormError, decode_form
from localdev.stripe.idempotency import Given, answer_once, check_key, encoded, fingerprint
from localdev.stripe.keys import Keys, secret_key_required
from localdev.stripe.moment import random_id
from localdev.stripe.objects import API_VERSION
from localdev.stripe.parameters import Parameters

_LOG = logging.getLogger("localdev.stripe.api")
_FORM = "application/x-www-form-urlencoded"
_POST = "POST"

# As Stripe: pages of every origin, for no other page can make a browser send the key.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Request-Id, Stripe-Should-Retry, Idempotent-Replayed",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Stripe-Version",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "300",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API; ``is_public``: a publishable key and a client secret open it too."""

    method: str
    path: str
    perform: Callable[[Call], Answer]
    is_public: bool = False


OPERATIONS = (
    Operation("POST", "/v1/payment_intents", intents.create_intent),
    Operation("GET", "/v1/payment_intents", intents.list_intents),
    Operation("GET", "/v1/payment_intents/{id}", intents.retrieve_intent, is_public=True),
    Operation("POST", "/v1/payment_intents/{id}", intents.update_intent),
    Operation("POST", "/v1/payment_intents/{id}/confirm", intents.confirm_intent, is_public=True),
    Operation("POST", "/v1/payment_intents/{id}/cancel", intents.cancel_intent),
    Operation("POST", "/v1/refunds", money_back.create_refund),
    Operation("GET", "/v1/refunds", money_back.list_refunds),
    Operation("GET", "/v1/refunds/{id}", money_back.retrieve_refund),
    Operation("POST", "/v1/refunds/{id}", money_back.update_refund),
    Operation("GET", "/v1/charges", money_back.list_charges),
    Operation("GET", "/v1/charges/{id}", money_back.retrieve_charge),
    Operation("GET", "/v1/disputes", money_back.list_disputes),
    Operation("GET", "/v1/disputes/{id}", money_back.retrieve_dispute),
    Operation("GET", "/v1/events", money_back.list_events),
    Operation("GET", "/v1/events/{id}", money_back.retrieve_event),
)


class Api:
    """The handlers of ``/v1``."""

    def __init__(self, account: Account, keys: Keys) -> None:
        self._account = account
        self._keys = keys

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Every operation, preflights, and Stripe's words for what is not there."""
        for operation in OPERATIONS:
            router.add_route(operation.method, operation.path, self._handler(operation))
        router.add_route("OPTIONS", "/v1/{rest:.*}", _preflight)
        router.add_route("*", "/v1/{rest:.*}", self._unrecognized)

    def _handler(
        self, operation: Operation
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.Response:
            request_id = random_id("req")
            try:
                params = await _params(request)
                given = self._answer(operation, request, params, request_id)
            except Refused as refused:
                given = Given(refused.status, encoded(refused.body))
            return _response(request, given, request_id)

        return handle

    def _answer(
        self, operation: Operation, request: web.Request, params: Json, request_id: str
    ) -> Given:
        key_parameter = params.pop("key", None)
        access = self._keys.access(
            request.headers.get("Authorization"),
            key_parameter if isinstance(key_parameter, str) else None,
        )
        if access is Access.PUBLISHABLE and not operation.is_public:
            raise secret_key_required()
        is_post = request.method == _POST
        call = Call(
            account=self._account,
            params=Parameters(params),
            access=access,
            request_id=request_id,
            key=check_key(request.headers.get("Idempotency-Key")) if is_post else None,
            record_id=request.match_info.get("id", ""),
        )
        mark = fingerprint(request.method, request.path, params)
        given = answer_once(operation.perform, call, mark)
        self._account.news.set()
        return given

    async def _unrecognized(self, request: web.Request) -> web.Response:
        refused = Refused(
            f"Unrecognized request URL ({request.method}: {request.path}). Please see "
            "https://stripe.com/docs or we can help at https://support.stripe.com/.",
            status=404,
        )
        return _response(request, Given(404, encoded(refused.body)), random_id("req"))


async def _params(request: web.Request) -> Json:
    body = await request.read()
    if body and request.content_type != _FORM:
        raise Refused(
            "Invalid request (check that your POST content type is "
            f"{_FORM}). If you have questions, we can help at https://support.stripe.com/."
        )
    try:
        return decode_form(request.rel_url.raw_query_string) | decode_form(body.decode())
    except (MalformedFormError, UnicodeDecodeError) as error:
        raise Refused(f"Invalid request: {error}") from error


def _response(request: web.Request, given: Given, request_id: str) -> web.Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, **_CORS}
    key = request.headers.get("Idempotency-Key")
    if key and request.method == _POST:
        headers["Idempotency-Key"] = key
    if given.original is not None:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": given.original}
    _LOG.info("%s %s -> %d", request.method, request.path, given.status)
    return web.Response(
        status=given.status, body=given.body, content_type="application/json", headers=headers
    )


async def _preflight(_request: web.Request) -> web.Response:
    return web.Response(status=204, headers={**_CORS, **_PREFLIGHT})
