"""The table of functions in the README."""

from collections.abc import Iterable

from knative.render.discover import source_of
from knative.render.eventing import topics_of
from shared.runtime.declare import Authorizer, Every, Http, Socket, Spec, Trigger
from shared.runtime.identity import Access
from shared.runtime.request import API_PREFIX

README = "README.md"
BEGIN, END = "<!-- functions:begin -->", "<!-- functions:end -->"
_WHO = {
    Access.PUBLIC: "everybody",
    Access.GUEST: "guests and users",
    Access.USER: "users",
    Access.ADMIN: "administrators",
    Access.INTERNAL: "the cart alone",
}


def with_table(readme: str, specs: Iterable[Spec]) -> str:
    """The README with its table of functions renewed; ``ValueError`` without the two markers."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md needs the lines {BEGIN} and {END} around its functions")
    return f"{before}{BEGIN}\n{table(specs)}{END}{after}"


def table(specs: Iterable[Spec]) -> str:
    """One row per function."""
    rows = [f"| {_link(spec)} | {trigger_text(spec)} | {_who(spec.trigger)} |" for spec in specs]
    return "\n".join(["| function | route or trigger | who |", "|---|---|---|", *rows]) + "\n"


def trigger_text(spec: Spec) -> str:
    """What makes the function run."""
    trigger = spec.trigger
    if isinstance(trigger, Http):
        return _route_text(spec, trigger)
    if isinstance(trigger, Authorizer):
        return f"every request that is not a public read ({trigger.prefix})"
    if isinstance(trigger, Every):
        return f"every {trigger.minutes} minutes"
    if isinstance(trigger, Socket):
        return f"WSS {trigger.path}"
    return "on " + ", ".join(topics_of(spec))


def _route_text(spec: Spec, trigger: Http) -> str:
    is_internal = trigger.access is Access.INTERNAL
    paths = [API_PREFIX + trigger.path] if trigger.is_api and not is_internal else []
    paths += [trigger.path] if spec.has_page or is_internal else []
    paths += [trigger.alias] if trigger.alias else []
    return f"{trigger.method} {', '.join(paths)}"


def _link(spec: Spec) -> str:
    return f"[{spec.context}.{spec.name}]({source_of(spec)})"


def _who(trigger: Trigger) -> str:
    if isinstance(trigger, Http | Socket):
        return _WHO[trigger.access]
    if isinstance(trigger, Every):
        return "the scheduler"
    return "the gateway" if isinstance(trigger, Authorizer) else "Kafka"
