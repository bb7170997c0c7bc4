"""Declarations: ``@http``, ``@on``, ``@on_dead_letters``, ``@every``, ``@socket``, ``@authorizer``.

The decorated function stays callable as Python (tests call it with fakes). Called with one WSGI
request object, as functions-framework does, it answers HTTP. Everything else (routes, manifests,
OpenAPI, secrets) is derived from the frozen ``Spec`` in its ``spec`` attribute.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from shared.contracts.event import topic_of
from shared.runtime.identity import Access

F = TypeVar("F", bound=Callable[..., Any])

JSON = "application/json"
DEFAULT_LIMIT_BYTES = 64 * 1024


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """A route; ``path`` is without ``/api``. A template beside it, or ``then``, adds the page.

    ``then``: where a form goes after success, formatted with the answer's fields.
    ``alias``: a second page path. ``is_api``: false for pages without an endpoint.
    ``again``: the status of a repetition that makes nothing new, where it has one of its own.
    ``warms``: the functions that usually follow, by name, the first needed first; the gateway's
    authoriser wakes them when it has admitted a request.
    """

    method: str
    path: str
    access: Access
    status: int = 200
    again: int | None = None
    then: str | None = None
    alias: str | None = None
    is_api: bool = True
    limit_bytes: int = DEFAULT_LIMIT_BYTES
    consumes: tuple[str, ...] = (JSON,)
    timeout_seconds: int = 30
    warms: tuple[str, ...] = ()


class On(msgspec.Struct, frozen=True):
    """A reaction to events; the payload types name the topics."""

    payloads: tuple[type, ...]

    @property
    def topics(self) -> tuple[str, ...]:
        """The Kafka topics, e.g. ``("order.created",)``."""
        return tuple(topic_of(payload) for payload in self.payloads)


class DeadLetters(msgspec.Struct, frozen=True):
    """The reaction to whatever ended in the dead-letter topic; it has no dead letters itself."""

    topic: str = "dead.letters"


class Every(msgspec.Struct, frozen=True):
    """A schedule, every so many minutes (a divisor of 60)."""

    minutes: int


class Socket(msgspec.Struct, frozen=True):
    """A long-lived WebSocket service: a Deployment, not scaled to zero."""

    path: str
    access: Access


class Authorizer(msgspec.Struct, frozen=True):
    """The gateway's external authoriser, asked before other routes: an always-on Deployment."""

    prefix: str


Trigger = Http | On | DeadLetters | Every | Socket | Authorizer


class Spec(msgspec.Struct, frozen=True):
    """One function: all that the renderer and the runtime derive from."""

    name: str
    context: str
    source: str
    summary: str
    trigger: Trigger
    function: Callable[..., Any]

    @property
    def service_name(self) -> str:
        """The Knative name, ``<context>-<verb-noun>``."""
        return f"{self.context}-{self.name}".replace("_", "-")

    @property
    def template(self) -> Path | None:
        """The page template beside the function, if there is one."""
        path = Path(self.source).with_suffix(".html")
        return path if path.exists() else None

    @property
    def has_page(self) -> bool:
        """Whether people meet it in a browser."""
        trigger = self.trigger
        if not isinstance(trigger, Http):
            return False
        return bool(self.template or trigger.then or not trigger.is_api)


def http(  # noqa: PLR0913 - each is one fact of the route
    method: str,
    path: str,
    *,
    access: Access,
    status: int = 200,
    again: int | None = None,
    then: str | None = None,
    alias: str | None = None,
    is_api: bool = True,
    limit_bytes: int = DEFAULT_LIMIT_BYTES,
    consumes: tuple[str, ...] = (JSON,),
    timeout_seconds: int = 30,
    warms: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Declares a route (see ``Http``)."""
    return _declare(
        Http(
            method=method,
            path=path,
            access=access,
            status=status,
            again=again,
            then=then,
            alias=alias,
            is_api=is_api,
            limit_bytes=limit_bytes,
            consumes=consumes,
            timeout_seconds=timeout_seconds,
            warms=warms,
        )
    )


def page(
    path: str, *, access: Access, alias: str | None = None, warms: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Declares a page without an endpoint of its own."""
    return http("GET", path, access=access, alias=alias, is_api=False, warms=warms)


def on(*payloads: type) -> Callable[[F], F]:
    """Declares a reaction to the events with these payloads."""
    return _declare(On(payloads))


def on_dead_letters() -> Callable[[F], F]:
    """Declares the reaction to dead letters of any type."""
    return _declare(DeadLetters())


def every(*, minutes: int) -> Callable[[F], F]:
    """Declares a scheduled function."""
    return _declare(Every(minutes))


def socket(path: str, *, access: Access) -> Callable[[F], F]:
    """Declares the long-lived WebSocket service."""
    return _declare(Socket(path, access))


def authorizer(prefix: str) -> Callable[[F], F]:
    """Declares the gateway's external authoriser."""
    return _declare(Authorizer(prefix))


def spec_of(function: Callable[..., Any]) -> Spec:
    """The spec of a declared function; ``TypeError`` for any other."""
    spec = getattr(function, "spec", None)
    if not isinstance(spec, Spec):
        raise TypeError(f"{function!r} is not a declared function")
    return spec


def _declare(trigger: Trigger) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        source = sys.modules[function.__module__].__file__ or ""
        summary = (inspect.getdoc(function) or "").strip()
        if not summary:
            raise TypeError(f"{function.__qualname__} needs a docstring: it is the route's summary")
        spec = Spec(
            function.__name__,
            Path(source).parent.name,
            source,
            summary,
            trigger,
            function,
        )

        @functools.wraps(function)
        def entry(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function's own
            if len(args) == 1 and not kwargs and hasattr(args[0], "environ"):
                # The way in of functions-framework; imported here since tests of logic need none.
                from shared.runtime.handler import answer_framework_request  # noqa: PLC0415

                return answer_framework_request(spec, args[0])
            return function(*args, **kwargs)

        entry.spec = spec  # type: ignore[attr-defined]  # read back by spec_of
        return cast("F", entry)

    return decorate
