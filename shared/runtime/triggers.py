"""Answers what is no route: events, dead letters, ticks, the gateway's questions, sockets."""

import functools
from collections.abc import Callable
from typing import Any

from shared.contracts.event import context_of
from shared.kernel.errors import Invalid, MethodNotAllowed, NotFound
from shared.runtime import events, telemetry
from shared.runtime.answers import Response
from shared.runtime.declare import Authorizer, DeadLetters, On, Socket, Spec
from shared.runtime.identity import HEADER, check_access, read_identity
from shared.runtime.request import Request
from shared.runtime.settings import EventKeySettings, IdentitySettings, load_settings
from shared.runtime.trace import continue_call
from shared.runtime.validate import convert
from shared.runtime.wiring import Parameter, fill

Sources = dict[str, Callable[[Parameter], Any]]
_EVENT_LIMIT_BYTES = 1024 * 1024


def answer_event(spec: Spec, request: Request) -> Response:
    """Runs a reaction on a signed event of one of its types."""
    trigger = spec.trigger
    assert isinstance(trigger, On)  # noqa: S101 - dispatched by type
    _require_post(request)
    body = request.body(_EVENT_LIMIT_BYTES)
    meta, payload = events.read_event(request, trigger.payloads, _event_keys(trigger), body)
    continue_call(meta.traceparent)
    telemetry.name_event(meta.topic, meta.id)
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


def answer_dead_letter(spec: Spec, request: Request) -> Response:
    """Runs the reaction to an event that could not be delivered."""
    trigger = spec.trigger
    assert isinstance(trigger, DeadLetters)  # noqa: S101 - dispatched by type
    _require_post(request)
    event = events.read_dead_event(request, request.body(_EVENT_LIMIT_BYTES))
    continue_call(event.attributes.get("traceparent", ""))
    telemetry.name_event(trigger.topic, event.attributes["id"])
    spec.function(**fill(spec, {"dead event": lambda _: event}))
    return Response(204, [], b"")


def answer_tick(spec: Spec, request: Request) -> Response:
    """Runs a scheduled function on the tick of a PingSource."""
    _require_post(request)
    events.check_tick(request)
    spec.function(**fill(spec, {}))
    return Response(204, [], b"")


def answer_authorization(spec: Spec, request: Request) -> Response:
    """Asks the authoriser about the request behind its prefix."""
    trigger = spec.trigger
    assert isinstance(trigger, Authorizer)  # noqa: S101 - dispatched by type
    request.path = request.path.removeprefix(trigger.prefix)
    result = spec.function(**fill(spec, {"request": lambda _: request}))
    assert isinstance(result, Response)  # noqa: S101 - the authoriser speaks HTTP by its nature
    return result


def answer_handshake(spec: Spec, request: Request) -> Response:
    """Checks the caller of a WebSocket and runs the function over it."""
    trigger = spec.trigger
    assert isinstance(trigger, Socket)  # noqa: S101 - dispatched by type
    if request.path != trigger.path:
        raise NotFound(f"There is nothing at {request.path}.")
    if request.method != "GET":
        raise MethodNotAllowed("A WebSocket is opened with GET.", "GET")
    key = load_settings(IdentitySettings, spec.context).key
    caller = read_identity(request.header(HEADER), request.method, request.path, key)
    check_access(caller, trigger.access)
    sources: Sources = {
        "query": lambda item: convert(request.query, item.hint, is_text=True),
        "caller": lambda _: caller,
        "channel": lambda _: None,  # put in by answer_socket once the socket is open
    }
    from shared.runtime.sockets import answer_socket  # noqa: PLC0415 - flask, sockets only

    return answer_socket(spec, request, fill(spec, sources))


def _require_post(request: Request) -> None:
    if request.method != "POST":
        raise MethodNotAllowed("Events are posted.", "POST")
