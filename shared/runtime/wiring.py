"""Reads a function's signature once and fills its parameters for every call.

A parameter is, by name or type: a path variable (named in the route), ``body``, ``query`` or
``upload``; ``Caller``; ``RequestInfo``; ``EventMeta``; ``Channel``; an event's payload; or a port,
annotated
``Annotated[Port, Adapter]``: the adapter is made once per process from the settings that its
constructor names.
"""

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

import msgspec

from shared.contracts.event import EventMeta
from shared.runtime.declare import Http, On, Spec
from shared.runtime.events import DeadEvent
from shared.runtime.identity import Caller
from shared.runtime.request import Request, RequestInfo
from shared.runtime.settings import load_settings
from shared.runtime.sockets import Channel


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file sent as the body or as a multipart field."""

    body: bytes
    media_type: str
    file_name: str = ""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter; ``kind`` says what fills it (see the module)."""

    name: str
    kind: str
    hint: Any
    adapter: type[Any] | None = None
    is_optional: bool = False


_BY_TYPE: dict[Any, str] = {
    Caller: "caller",
    RequestInfo: "info",
    EventMeta: "meta",
    Upload: "upload",
    Request: "request",
    Channel: "channel",
    DeadEvent: "dead event",
}


@functools.cache
def parameters_of(spec: Spec) -> tuple[Parameter, ...]:
    """The parameters of a declared function; ``TypeError`` names one that nothing can fill."""
    hints = typing.get_type_hints(spec.function, include_extras=True)
    signature = inspect.signature(spec.function)
    return tuple(
        _parameter(spec, name, hints[name], item.default is not inspect.Parameter.empty)
        for name, item in signature.parameters.items()
    )


def _parameter(spec: Spec, name: str, hint: Any, is_optional: bool) -> Parameter:  # noqa: ANN401, FBT001
    if adapter := _adapter_of(hint):
        return Parameter(name, "port", hint, adapter)
    if kind := _BY_TYPE.get(hint):
        return Parameter(name, kind, hint, is_optional=is_optional)
    if isinstance(spec.trigger, On):
        return Parameter(name, "payload", hint)
    if isinstance(spec.trigger, Http) and f"{{{name}}}" in spec.trigger.path:
        return Parameter(name, "path", hint)
    if name in {"body", "query"}:
        return Parameter(name, name, hint, is_optional=is_optional)
    raise TypeError(f"{spec.name}: nothing can fill the parameter {name}: {hint}")


def _adapter_of(hint: Any) -> type | None:  # noqa: ANN401
    """The class in ``Annotated[Port, Adapter]``; ``None`` for constraints such as ``Meta``."""
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, type) and not isinstance(extra, msgspec.Meta):
            return extra
    return None


def settings_of(adapter: type) -> dict[str, type[Any]]:
    """The settings classes that an adapter's constructor takes, by parameter name."""
    if adapter.__init__ is object.__init__:  # type: ignore[misc]  # this very class is asked
        return {}
    hints = typing.get_type_hints(adapter.__init__)  # type: ignore[misc]
    hints.pop("return", None)
    return {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)
    }


def adapters_of(spec: Spec) -> list[type[Any]]:
    """The adapters that a function's ports are filled with."""
    return [item.adapter for item in parameters_of(spec) if item.adapter]


@functools.cache
def build_adapter(adapter: type, context: str) -> Any:  # noqa: ANN401
    """The process's one instance of an adapter, made from the environment on first use."""
    settings = settings_of(adapter)
    return adapter(**{name: load_settings(kind, context) for name, kind in settings.items()})


def fill(spec: Spec, sources: dict[str, Callable[[Parameter], Any]]) -> dict[str, Any]:
    """The keyword arguments of a call; ``sources`` has one supplier per kind but port."""
    return {
        item.name: build_adapter(item.adapter, spec.context)  # type: ignore[arg-type]  # hashable
        if item.adapter
        else sources[item.kind](item)
        for item in parameters_of(spec)
    }
