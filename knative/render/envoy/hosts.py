"""Virtual hosts: the route table as Envoy matches it."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from knative.render.envoy.filters import for_own_answer, for_route, route_metadata
from knative.render.envoy.problems import header, problem_response
from knative.render.naming import host_of
from knative.render.routes import Route
from knative.render.yaml_text import OneLine

Config = dict[str, Any]

# On top of the function's own timeout, so that its answer arrives rather than ours.
_EXTRA_SECONDS = 5
_VARIABLE = re.compile(r"\{\w+(\.\.\.)?\}")


def virtual_hosts(routes: Sequence[Route]) -> list[Config]:
    """The shop with its back office, and a 404 for every other host.

    The two share a virtual host, since all but the back office's own routes are on both, and
    whoever applies the configuration to a cluster may send 256 KiB.
    """
    own = [OneLine(entry) for entry in _entries(routes)]
    return [
        {
            "name": "popshop",
            "domains": ["shop.*", "admin.*"],
            "routes": [_health(), *own, _not_found()],
        },
        {"name": "elsewhere", "domains": ["*"], "routes": [_health(), _not_found()]},
    ]


def _entries(routes: Iterable[Route]) -> Iterator[Config]:
    """The routes, and after the last of a path a refusal of all other methods."""
    for _, group in itertools.groupby(routes, key=lambda route: route.specificity):
        alike = list(group)
        yield from (_route(route) for route in alike)
        yield _other_methods(alike)


def _other_methods(alike: Sequence[Route]) -> Config:
    methods = {route.method for route in alike}
    allowed = sorted(methods | ({"HEAD"} if "GET" in methods else set()))
    hosts = {route.host for route in alike}
    return {
        "match": _match(alike[0].path, hosts.pop() if len(hosts) == 1 else "both"),
        **problem_response(405, allow=", ".join(allowed)),
        "typed_per_filter_config": for_own_answer(),
    }


def _route(route: Route) -> Config:
    action = _socket_action() if route.is_socket else _function_action(route)
    return {
        "match": _match(route.path, route.host, route.method),
        "route": action | {"host_rewrite_literal": host_of(route.service)},
        "request_headers_to_add": [header("x-shop-service", route.service)],
        "metadata": route_metadata(route),
        "typed_per_filter_config": for_route(route),
    }


def _function_action(route: Route) -> Config:
    retried = "connect-failure,refused-stream,reset-before-request"
    # 502 is queue-proxy's word for a function that died over the request.
    read = {"retry_on": f"{retried},reset,retriable-status-codes", "retriable_status_codes": [502]}
    return {
        "cluster": "functions",
        "timeout": f"{route.timeout_seconds + _EXTRA_SECONDS}s",
        # Functions tell the back office from the shop by the host that people asked for.
        "append_x_forwarded_host": True,
        "retry_policy": {
            **(read if route.method == "GET" else {"retry_on": retried}),
            "num_retries": 1,
        },
    }


def _socket_action() -> Config:
    return {
        "cluster": "socket",
        "timeout": "0s",
        "idle_timeout": "0s",
        "append_x_forwarded_host": True,
        "upgrade_configs": [{"upgrade_type": "websocket", "enabled": True}],
    }


def _match(path: str, host: str, method: str = "") -> Config:
    headers = [_method_match(method)] if method else []
    if host != "both":
        prefix = {"prefix": f"{host}.", "ignore_case": True}
        headers.append({"name": ":authority", "string_match": prefix})
    where: Config = {"safe_regex": {"regex": _regex(path)}} if "{" in path else {}
    return (where or {"path": path}) | ({"headers": headers} if headers else {})


def _regex(path: str) -> str:
    """``{name}`` is one segment, ``{name...}`` the rest of the path, as in the runtime."""
    parts: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(path):
        parts += [re.escape(path[end : found.start()]), ".+" if found[1] else "[^/]+"]
        end = found.end()
    return "".join([*parts, re.escape(path[end:])])


def _method_match(method: str) -> Config:
    if method == "GET":
        return {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    return {"name": ":method", "string_match": {"exact": method}}


def _health() -> Config:
    return {
        "match": {"path": "/healthz"},
        "direct_response": {"status": 200, "body": {"inline_string": "ok"}},
        "response_headers_to_add": [header("content-type", "text/plain; charset=utf-8")],
        "typed_per_filter_config": for_own_answer(),
    }


def _not_found() -> Config:
    return {
        "match": {"prefix": "/"},
        **problem_response(404),
        "typed_per_filter_config": for_own_answer(),
    }
