"""Answers a route: parses and validates the request, checks the caller, renders what comes back."""

import functools
import re
from typing import Any

import msgspec

from shared.kernel.errors import (
    Invalid,
    LoginRequired,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)
from shared.runtime import telemetry
from shared.runtime.answers import Content, Redirect, Reply, Response
from shared.runtime.declare import JSON, Http, Spec
from shared.runtime.forms import form_value
from shared.runtime.identity import HEADER, Access, Caller, check_access, read_identity
from shared.runtime.request import API_PREFIX, FORM, Request, parse_form
from shared.runtime.settings import IdentitySettings, InternalCallSettings, load_settings
from shared.runtime.validate import convert, decode_json
from shared.runtime.wiring import Parameter, Upload, fill, parameters_of

_MULTIPART = "multipart/form-data"
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def answer_route(spec: Spec, request: Request) -> Response:
    """Calls the function with what the request holds; a page or JSON of what it returns."""
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
    variables = _match_path(spec, request.path)
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


def _match_path(spec: Spec, path: str) -> dict[str, str] | None:
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
    try:
        return read_identity(header, request.method, request.path, key)
    except LoginRequired:
        telemetry.guard("bad_identity")
        raise


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
