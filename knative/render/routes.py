"""The route table: what the gateway answers, and for whom."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.runtime.declare import Authorizer, Http, Socket, Spec
from shared.runtime.identity import Access
from shared.runtime.request import API_PREFIX

_ADMIN_PATHS = ("/admin", f"{API_PREFIX}/admin")
_ADMIN_CONTEXT = "admin"
# The authoriser sees only a socket's opening request.
_SOCKET_OPENING_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method and path on the gateway; ``host`` is shop, admin or both.

    ``warms``: the services that usually follow (known only where all functions are).
    """

    method: str
    path: str
    host: str
    access: str
    context: str
    service: str
    is_page: bool
    timeout_seconds: int
    limit_bytes: int = 0
    is_socket: bool = False
    warms: tuple[str, ...] = ()

    @property
    def asks_authorizer(self) -> bool:
        """Public reads of the API go straight to their function; all else is authorised first."""
        is_read = self.method == "GET" and not self.is_page and not self.is_socket
        return not (is_read and self.access == Access.PUBLIC.value)

    @property
    def specificity(self) -> list[tuple[int, str]]:
        """Sorts fixed segments before variables and those before a variable rest."""
        return [_rank(segment) for segment in self.path.split("/")]


def routes_of(spec: Spec) -> list[Route]:
    """The routes of one function; none for reactions, schedules and internal calls."""
    trigger = spec.trigger
    if isinstance(trigger, Socket):
        return [_socket_route(spec, trigger)]
    if not isinstance(trigger, Http) or trigger.access is Access.INTERNAL:
        return []
    return [_http_route(spec, trigger, path) for path in _paths(spec, trigger)]


def all_routes(specs: Iterable[Spec]) -> list[Route]:
    """Every route, most specific first and the back office's own before shared ones.

    Raises ``ValueError`` where two functions claim the same method, path and host, or one warms
    what is no function that scales to zero.
    """
    specs = list(specs)
    named = {spec.name: spec for spec in specs}
    routes = [
        replace(route, warms=_warms(spec, named)) for spec in specs for route in routes_of(spec)
    ]
    claims = Counter((route.method, route.path, route.host) for route in routes)
    for (method, path, _), count in claims.items():
        if count > 1:
            rivals = [r.service for r in routes if (r.method, r.path) == (method, path)]
            raise ValueError(f"{method} {path} is claimed by {' and '.join(rivals)}")
    return sorted(routes, key=lambda r: (r.specificity, r.host, r.method))


def routes_json(routes: Iterable[Route]) -> str:
    """``routes.json``, which the authoriser reads; the first match in its order counts."""
    return json.dumps([_row(route) for route in routes], indent=1) + "\n"


def _row(route: Route) -> dict[str, Any]:
    row: dict[str, Any] = {
        "method": route.method,
        "path": route.path,
        "host": route.host,
        "access": route.access,
        "context": route.context,
        "service": route.service,
        "kind": "socket" if route.is_socket else "http",
        "is_page": route.is_page,
        "timeout_seconds": route.timeout_seconds,
    }
    if route.warms and route.asks_authorizer:
        row["warms"] = list(route.warms)
    return row


def _warms(spec: Spec, named: Mapping[str, Spec]) -> tuple[str, ...]:
    """The services of the functions that a declaration says follow."""
    trigger = spec.trigger
    if not isinstance(trigger, Http):
        return ()
    for name in trigger.warms:
        if name not in named or isinstance(named[name].trigger, Authorizer | Socket):
            raise ValueError(
                f"{spec.name} warms {name}: no function that scales to zero has the name"
            )
    return tuple(named[name].service_name for name in trigger.warms)


def _paths(spec: Spec, trigger: Http) -> Iterator[str]:
    if trigger.is_api:
        yield API_PREFIX + trigger.path
    if spec.has_page:
        yield trigger.path
    if trigger.alias:
        yield trigger.alias


def _http_route(spec: Spec, trigger: Http, path: str) -> Route:
    return Route(
        method=trigger.method,
        path=path,
        host=_host(spec, path),
        access=trigger.access.value,
        context=spec.context,
        service=spec.service_name,
        is_page=not path.startswith(f"{API_PREFIX}/"),
        timeout_seconds=trigger.timeout_seconds,
        limit_bytes=trigger.limit_bytes,
    )


def _socket_route(spec: Spec, trigger: Socket) -> Route:
    return Route(
        method="GET",
        path=trigger.path,
        host="both",
        access=trigger.access.value,
        context=spec.context,
        service=spec.service_name,
        is_page=False,
        timeout_seconds=_SOCKET_OPENING_SECONDS,
        is_socket=True,
    )


def _host(spec: Spec, path: str) -> str:
    is_admin = any(path == own or path.startswith(f"{own}/") for own in _ADMIN_PATHS)
    return "admin" if is_admin or spec.context == _ADMIN_CONTEXT else "both"


def _rank(segment: str) -> tuple[int, str]:
    if not segment.startswith("{"):
        return 0, segment
    return (2, "") if segment.endswith("...}") else (1, "")
