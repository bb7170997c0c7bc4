"""Answers one request with one function: the only place that parses, authorises and renders."""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from shared.contracts.event import context_of
from shared.kernel.errors import (
    Invalid,
    LoginRequired,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)
from shared.runtime import events
from shared.runtime.answers import Content, Redirect, Reply, Response
from shared.runtime.crash import crash_point
from shared.runtime.declare import JSON, Authorizer, DeadLetters, Every, Http, On, Socket, Spec
from shared.runtime.forms import form_value
from shared.runtime.identity import HEADER, Access, Caller, check_access, read_identity
from shared.runtime.logs import log, log_crash
from shared.runtime.problem import (
    CRASH,
    PROBLEM,
    as_refusal,
    problem_headers,
    problem_of,
)
from shared.runtime.request import API_PREFIX, FORM, Request, parse_form
from shared.runtime.settings import (
    EventKeySettings,
    IdentitySettings,
    InternalCallSettings,
    load_settings,
)
from shared.runtime.trace import begin_call
from shared.runtime.validate import convert, decode_json
from shared.runtime.wiring import Parameter, Upload, fill, parameters_of

_HEALTH = Response(200, [("Content-Type", "text/plain; charset=utf-8")], b"ok")
_MULTIPART = "multipart/form-data"
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_EVENT_LIMIT_BYTES = 1024 * 1024


def answer(spec: Spec, environ: dict[str, Any]) -> Response:
    """The response of a function to one WSGI request; never raises."""
    request = Request(environ)
    if request.path == "/healthz":
        return _HEALTH
    call = begin_call(request.header("X-Request-Id"), request.header("Traceparent"))
    try:
        response = _ANSWERS[type(spec.trigger)](spec, request)
    except Exception as error:  # noqa: BLE001 - the one place for errors
        response = _answer_error(spec, request, error)
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


# ---- routes


def _answer_http(spec: Spec, request: Request) -> Response:
    trigger = spec.trigger
    assert isinstance(trigger, Http)  # noqa: S101 - dispatched by type
    variables, form = _match(spec, trigger, request)
    caller = _identify(spec, trigger, request)
    check_access(caller, trigger.access)
    values = fill(
        spec,
        {
            "path": lambda item: _path_value(item, variables),
            "query": lambda item: convert(_query(request), item.hint, is_text=True),
            "body": lambda item: _body_value(trigger, request, item, form),
            "upload": lambda _: _upload(trigger, request),
            "caller": lambda _: caller,
            "info": lambda _: request.info(),
            "request": lambda _: request,
        },
    )
    _refuse_unknown_query(spec, request)
    return _render(spec, trigger, request, caller, spec.function(**values))


def _match(
    spec: Spec, trigger: Http, request: Request
) -> tuple[dict[str, str], dict[str, str] | None]:
    """Path variables and, for a page's form, its fields; 404 and 405 otherwise."""
    variables = match_path(spec, request.path)
    if variables is None:
        raise NotFound(f"There is nothing at {request.path}.")
    form = None
    if request.is_page and request.method in _UNSAFE and request.media_type == FORM:
        form = parse_form(request.body(trigger.limit_bytes).decode("utf-8", "replace"))
        request.form = form
    method = "GET" if request.method == "HEAD" else request.method
    if form and method == "POST":
        method = form.get("_method", method).upper()
    if method != trigger.method:
        raise MethodNotAllowed(f"{request.path} does not take {request.method}.", trigger.method)
    return variables, form


def match_path(spec: Spec, path: str) -> dict[str, str] | None:
    """The route's path variables, or ``None`` when neither API nor page path matches."""
    for pattern in _patterns(spec):
        if found := pattern.match(path):
            return found.groupdict()
    return None


@functools.cache
def _patterns(spec: Spec) -> tuple[re.Pattern[str], ...]:
    trigger = spec.trigger
    assert isinstance(trigger, Http)  # noqa: S101 - routes only
    is_internal = trigger.access is Access.INTERNAL
    paths = [API_PREFIX + trigger.path] if trigger.is_api and not is_internal else []
    paths += [trigger.path] if spec.has_page or is_internal else []
    paths += [trigger.alias] if trigger.alias else []
    return tuple(path_pattern(path) for path in paths)


def path_pattern(path: str) -> re.Pattern[str]:
    """A route's path as a pattern: ``{name}`` is one segment, ``{name...}`` the rest."""
    escaped = re.escape(path)
    rest = re.sub(r"\\\{(\w+)\\\.\\\.\\\.\\\}", r"(?P<\1>.+)", escaped)
    return re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]{1,200})", rest) + "$")


def _identify(spec: Spec, trigger: Http, request: Request) -> Caller:
    header = request.header(HEADER)
    if not header and trigger.access is Access.PUBLIC:
        return Caller()
    if not header:
        raise LoginRequired("No identity came along; call through the gateway.")
    is_internal = trigger.access is Access.INTERNAL
    key = (
        load_settings(InternalCallSettings, spec.context).key
        if is_internal
        else load_settings(IdentitySettings, spec.context).key
    )
    return read_identity(header, request.method, request.path, key)


def _path_value(item: Parameter, variables: dict[str, str]) -> Any:  # noqa: ANN401
    try:
        return convert(variables[item.name], item.hint, field=item.name, is_text=True)
    except Invalid as error:
        raise NotFound("There is nothing by that id.") from error


def _query(request: Request) -> dict[str, str]:
    """On pages an empty field is one that was not filled in."""
    if not request.is_page:
        return request.query
    return {name: value for name, value in request.query.items() if value != ""}


def _refuse_unknown_query(spec: Spec, request: Request) -> None:
    takes_query = any(item.kind in {"query", "info"} for item in parameters_of(spec))
    if not takes_query and not request.is_page and request.query:
        raise Invalid(dict.fromkeys(request.query, "unknown field"))


def _body_value(
    trigger: Http, request: Request, item: Parameter, form: dict[str, str] | None
) -> Any:  # noqa: ANN401
    if form is not None:
        return convert(
            form_value(form, is_change=trigger.method == "PATCH"), item.hint, is_text=True
        )
    body = request.body(trigger.limit_bytes)
    if not body and item.is_optional:
        return None
    if request.media_type != JSON:
        raise UnsupportedMediaType(f"Send {JSON}, not {request.media_type or 'nothing'}.")
    return convert(decode_json(body), item.hint)


def _upload(trigger: Http, request: Request) -> Upload:
    if request.media_type == _MULTIPART:
        from shared.runtime.multipart import read_file  # noqa: PLC0415 - uploads only

        return read_file(request, trigger.limit_bytes)
    if request.media_type not in trigger.consumes:
        taken = ", ".join(trigger.consumes)
        raise UnsupportedMediaType(f"Send {taken}, not {request.media_type or 'nothing'}.")
    return Upload(body=request.body(trigger.limit_bytes), media_type=request.media_type)


def _render(
    spec: Spec,
    trigger: Http,
    request: Request,
    caller: Caller,
    result: Any,  # noqa: ANN401
) -> Response:
    if isinstance(result, Redirect):
        headers = [("Location", result.location), ("Cache-Control", "no-store")]
        headers += [("Set-Cookie", cookie.header()) for cookie in result.cookies]
        return Response(303, headers, b"")
    if isinstance(result, Content):
        headers = [("Content-Type", result.media_type), *result.headers.items()]
        return Response(trigger.status, headers, result.body)
    reply = result if isinstance(result, Reply) else Reply(value=result)
    headers = [("Set-Cookie", cookie.header()) for cookie in reply.cookies]
    headers += list(reply.headers.items())
    if request.is_page and spec.has_page:
        from shared.runtime.pages import answer_page  # noqa: PLC0415 - jinja2, pages only

        return answer_page(spec, trigger, request, caller, reply, headers)
    return _answer_json(reply, reply.status or trigger.status, headers)


def _answer_json(reply: Reply[Any], status: int, headers: list[tuple[str, str]]) -> Response:
    if reply.location:
        headers.append(("Location", reply.location))
    if reply.value is None:
        return Response(204 if status == 200 else status, headers, b"")  # noqa: PLR2004
    headers.append(("Content-Type", JSON))
    return Response(status, headers, msgspec.json.encode(reply.value))


# ---- events, schedules, authorisation


def _answer_event(spec: Spec, request: Request) -> Response:
    trigger = spec.trigger
    assert isinstance(trigger, On)  # noqa: S101 - dispatched by type
    _require_post(request)
    body = request.body(_EVENT_LIMIT_BYTES)
    meta, payload = events.read_event(request, trigger.payloads, _event_keys(trigger), body)
    if meta.traceparent:
        begin_call(request.header("X-Request-Id"), meta.traceparent)
    values = fill(spec, {"payload": lambda _: payload, "meta": lambda _: meta})
    try:
        spec.function(**values)
    except NotFound as refusal:
        # Knative tries 404 again and lets the partition wait; what is unknown here stays unknown.
        raise Invalid({"subject": refusal.detail}) from refusal
    return Response(204, [], b"")


@functools.cache
def _event_keys(trigger: On) -> dict[str, str]:
    contexts = {context_of(payload) for payload in trigger.payloads}
    return {context: load_settings(EventKeySettings, context).key for context in contexts}


def _answer_dead_letter(spec: Spec, request: Request) -> Response:
    _require_post(request)
    event = events.read_dead_event(request, request.body(_EVENT_LIMIT_BYTES))
    spec.function(**fill(spec, {"dead event": lambda _: event}))
    return Response(204, [], b"")


def _answer_tick(spec: Spec, request: Request) -> Response:
    _require_post(request)
    events.check_tick(request)
    spec.function(**fill(spec, {}))
    return Response(204, [], b"")


def _answer_authorization(spec: Spec, request: Request) -> Response:
    trigger = spec.trigger
    assert isinstance(trigger, Authorizer)  # noqa: S101 - dispatched by type
    request.path = request.path.removeprefix(trigger.prefix)
    result = spec.function(**fill(spec, {"request": lambda _: request}))
    assert isinstance(result, Response)  # noqa: S101 - the authoriser speaks HTTP by its nature
    return result


def _answer_socket(spec: Spec, request: Request) -> Response:
    trigger = spec.trigger
    assert isinstance(trigger, Socket)  # noqa: S101 - dispatched by type
    if request.path != trigger.path:
        raise NotFound(f"There is nothing at {request.path}.")
    if request.method != "GET":
        raise MethodNotAllowed("A WebSocket is opened with GET.", "GET")
    key = load_settings(IdentitySettings, spec.context).key
    caller = read_identity(request.header(HEADER), request.method, request.path, key)
    check_access(caller, trigger.access)
    sources: dict[str, Callable[[Parameter], Any]] = {
        "query": lambda item: convert(request.query, item.hint, is_text=True),
        "caller": lambda _: caller,
        "channel": lambda _: None,  # put in by answer_socket once the socket is open
    }
    from shared.runtime.sockets import answer_socket  # noqa: PLC0415 - flask, sockets only

    return answer_socket(spec, request, fill(spec, sources))


def _require_post(request: Request) -> None:
    if request.method != "POST":
        raise MethodNotAllowed("Events are posted.", "POST")


# ---- errors


def _answer_error(spec: Spec, request: Request, error: Exception) -> Response:
    refusal = as_refusal(error)
    if refusal is None:
        log_crash("crashed", error, path=request.path)
        document, headers = dict(CRASH), []
    else:
        document, headers = problem_of(refusal), problem_headers(refusal)
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
    """A page that needs a session first tries to renew it, then asks to log in (WIRE.md)."""
    target = request.own_url if request.method in {"GET", "HEAD"} else request.came_from
    location = f"/auth/refresh?next={quote(target, safe='/')}"
    name = "HX-Redirect" if request.is_htmx else "Location"
    return Response(401 if request.is_htmx else 303, [(name, location)], b"")


_ANSWERS: dict[type, Callable[[Spec, Request], Response]] = {
    Http: _answer_http,
    On: _answer_event,
    DeadLetters: _answer_dead_letter,
    Every: _answer_tick,
    Authorizer: _answer_authorization,
    Socket: _answer_socket,
}
