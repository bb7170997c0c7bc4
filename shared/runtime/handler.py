"""Answers one request with one function, and turns whatever goes wrong into a problem."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from shared.kernel.errors import LoginRequired
from shared.runtime import routes, telemetry, triggers, warm
from shared.runtime.answers import Response
from shared.runtime.crash import crash_point
from shared.runtime.declare import Authorizer, DeadLetters, Every, Http, On, Socket, Spec
from shared.runtime.logs import log, log_crash
from shared.runtime.problem import CRASH, PROBLEM, as_refusal, problem_headers, problem_of
from shared.runtime.request import Request
from shared.runtime.trace import begin_call

_HEALTH = Response(200, [("Content-Type", "text/plain; charset=utf-8")], b"ok")
# Refusals that say that something was kept from going wrong, by their code.
_GUARDS = frozenset(
    {
        "bad_signature",
        "coupon_invalid",
        "idempotency_mismatch",
        "illegal_transition",
        "out_of_stock",
        "price_changed",
        "rate_limited",
        "token_reused",
    }
)
# One entry per kind of declaration.
_ANSWERS: dict[type, Callable[[Spec, Request], Response]] = {
    Http: routes.answer_route,
    On: triggers.answer_event,
    DeadLetters: triggers.answer_dead_letter,
    Every: triggers.answer_tick,
    Authorizer: triggers.answer_authorization,
    Socket: triggers.answer_handshake,
}


def answer(spec: Spec, environ: dict[str, Any]) -> Response:
    """The response of a function to one WSGI request; never raises."""
    request = Request(environ)
    if request.path == "/healthz":
        if environ.get("QUERY_STRING") == warm.QUERY:
            warm.warm_up(spec)
        return _HEALTH
    call = begin_call(request.header("X-Request-Id"), request.header("Traceparent"))
    telemetry.begin_answer(spec, request, call)
    try:
        response = _ANSWERS[type(spec.trigger)](spec, request)
    except Exception as error:  # noqa: BLE001 - the one place for errors
        response = _answer_error(spec, request, error)
    telemetry.end_answer(response.status)
    crash_point("handler.before-answer")
    response.headers.append(("X-Request-Id", call.request_id))
    if request.method == "HEAD":
        return Response(response.status, response.headers, b"")
    return response


def wsgi_application(spec: Spec) -> Callable[..., Iterable[bytes]]:
    """The function as a WSGI callable, for any server."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        response = answer(spec, environ)
        headers = response.headers
        if response.status != 204:  # noqa: PLR2004 - No Content has no length
            headers = [*headers, ("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} ", headers)
        return [response.body]

    return application


def answer_framework_request(spec: Spec, request: Any) -> tuple[bytes, int, list[tuple[str, str]]]:  # noqa: ANN401
    """The same answer in the form that functions-framework takes from a function."""
    response = answer(spec, request.environ)
    return response.body, response.status, response.headers


def _answer_error(spec: Spec, request: Request, error: Exception) -> Response:
    refusal = as_refusal(error)
    if refusal is None:
        log_crash("crashed", error, path=request.path)
        document, headers = dict(CRASH), []
    else:
        document, headers = problem_of(refusal), problem_headers(refusal)
        if refusal.code in _GUARDS:
            telemetry.guard(refusal.code)
        if document["status"] >= 500 or isinstance(spec.trigger, On | DeadLetters | Every):  # noqa: PLR2004
            log("warning", "refused", path=request.path, code=refusal.code, detail=refusal.detail)
    if request.is_page and (spec.has_page or isinstance(spec.trigger, Authorizer)):
        return _error_page(spec, request, document, headers)
    body = msgspec.json.encode(document, enc_hook=str)
    return Response(document["status"], [*headers, ("Content-Type", PROBLEM)], body)


def _error_page(
    spec: Spec, request: Request, document: dict[str, Any], headers: list[tuple[str, str]]
) -> Response:
    from shared.runtime.pages import problem_page  # noqa: PLC0415 - jinja2, pages only

    if document["code"] == LoginRequired.code:
        return _to_login(request)
    return problem_page(spec, request, document, headers)


def _to_login(request: Request) -> Response:
    """A page that needs a session first tries to renew it, then asks to log in."""
    # A part of a page that is fetched, or a form, comes back to the page that it is on.
    is_part = request.is_htmx and not request.header("HX-Boosted")
    is_visit = request.method in {"GET", "HEAD"} and not is_part
    target = request.own_url if is_visit else request.came_from
    location = f"/auth/refresh?next={quote(target, safe='/')}"
    name = "HX-Redirect" if request.is_htmx else "Location"
    return Response(401 if request.is_htmx else 303, [(name, location)], b"")
