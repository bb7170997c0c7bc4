"""A function's environment: exactly the settings that its declaration leads to."""

from collections.abc import Iterator

from knative.render.discover import source_of
from knative.render.naming import Manifest
from knative.render.routes import routes_of
from shared.contracts.event import context_of
from shared.runtime.declare import Http, On, Spec
from shared.runtime.identity import Access
from shared.runtime.settings import (
    CONFIG_MAP,
    Binding,
    EventKeySettings,
    IdentitySettings,
    InternalCallSettings,
    bindings_of,
)
from shared.runtime.telemetry import ENDPOINT
from shared.runtime.wiring import adapters_of, settings_of

# Read by the runtime alone, before anything else; absent or empty, nothing is told.
_TELEMETRY = Binding(ENDPOINT, CONFIG_MAP, "otel-endpoint", is_secret=False, default="")


def environment_of(spec: Spec) -> list[Manifest]:
    """The container's ``env``: which function it is, then its bindings by variable."""
    chosen = [
        {"name": "FUNCTION_SOURCE", "value": source_of(spec)},
        {"name": "FUNCTION_TARGET", "value": spec.name},
    ]
    return chosen + [variable(item) for item in bindings_for(spec)]


def bindings_for(spec: Spec) -> list[Binding]:
    """Every Secret and ConfigMap key that a function may read, ordered by variable.

    Raises ``ValueError`` when two settings classes bind one variable differently.
    """
    found: dict[str, Binding] = {}
    for binding in [*_of_adapters(spec), *_of_runtime(spec)]:
        known = found.setdefault(binding.variable, binding)
        if known != binding:
            raise ValueError(
                f"{spec.service_name}: {binding.variable} is bound to {known.object_name}/"
                f"{known.key} and to {binding.object_name}/{binding.key}"
            )
    return [found[name] for name in sorted(found)]


def _of_adapters(spec: Spec) -> Iterator[Binding]:
    for adapter in adapters_of(spec):
        for settings in settings_of(adapter).values():
            yield from bindings_of(settings, spec.context)


def _of_runtime(spec: Spec) -> Iterator[Binding]:
    """What the runtime itself reads before it calls the function."""
    yield _TELEMETRY
    trigger = spec.trigger
    if isinstance(trigger, Http) and trigger.access is Access.INTERNAL:
        yield from bindings_of(InternalCallSettings, spec.context)
    if any(route.asks_authorizer for route in routes_of(spec)):
        yield from bindings_of(IdentitySettings, spec.context)
    if isinstance(trigger, On):
        for context in sorted({context_of(payload) for payload in trigger.payloads}):
            yield from bindings_of(EventKeySettings, context)


def variable(binding: Binding) -> Manifest:
    """A container's variable with a Secret or ConfigMap key behind it."""
    reference: Manifest = {"name": binding.object_name, "key": binding.key}
    if binding.default is not None:
        reference["optional"] = True
    kind = "secretKeyRef" if binding.is_secret else "configMapKeyRef"
    return {"name": binding.variable, "valueFrom": {kind: reference}}
