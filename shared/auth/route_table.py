"""The gateway's route table, as rendered from the declarations."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.auth.ports import Route
from shared.runtime import typed
from shared.runtime.identity import Access
from shared.runtime.request import is_back_office
from shared.runtime.routes import path_pattern
from shared.runtime.settings import config


@dataclass(frozen=True, slots=True)
class RouteTableSettings:
    """The rendered table; relative to the working directory."""

    file: str = config("ROUTES_FILE", "routes-file", "knative/gateway/routes.json")


class _Row(msgspec.Struct, kw_only=True):
    """A row of routes.json; ``host``: shop, admin or both; ``kind``: http or socket."""

    method: str
    path: str
    host: str
    access: Access
    context: str
    service: str
    timeout_seconds: int
    kind: str = "http"
    warms: tuple[str, ...] = ()


class FileRoutes:
    """Routes by method and path; the first that fits counts, as in the gateway's own table."""

    def __init__(self, settings: RouteTableSettings) -> None:
        rows = typed.decode(Path(settings.file).read_bytes(), list[_Row])
        of_admins = {row.service for row in rows if row.access is Access.ADMIN}
        self._routes = [
            (
                row,
                path_pattern(row.path),
                # Nobody in the shop can go on to what administrators alone may call.
                {"shop": _route(row, of_admins), "admin": _route(row, frozenset())},
            )
            for row in rows
        ]

    def find(self, host: str, method: str, path: str) -> Route | None:
        """The route of a request; HEAD is asked as GET."""
        side = "admin" if is_back_office(host) else "shop"
        method = "GET" if method == "HEAD" else method
        for row, pattern, routes in self._routes:
            if row.method == method and row.host in {side, "both"} and pattern.match(path):
                return routes[side]
        return None


def _route(row: _Row, left_asleep: AbstractSet[str]) -> Route:
    return Route(
        service=row.service,
        context=row.context,
        access=row.access,
        timeout_seconds=row.timeout_seconds,
        is_socket=row.kind == "socket",
        warms=tuple(service for service in row.warms if service not in left_asleep),
    )
