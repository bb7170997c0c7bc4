"""The HTTP filters, in order, and how a route changes them."""

from pathlib import Path
from typing import Any

from knative.render.envoy.problem_pages import MEDIA_TYPE
from knative.render.envoy.problems import header, page_body, problem_body
from knative.render.routes import Route
from shared.runtime.identity import HEADER

Config = dict[str, Any]

TYPE = "type.googleapis.com/envoy.extensions"
_LUA = Path(__file__).parents[1] / "lua"
AUTHORIZER_PREFIX = "/authorize"
# One that is gone refuses at once; one that is saturated is worth waiting for.
_AUTHORIZER_SECONDS = 8
_BUFFERED_BYTES = 1024 * 1024
# What a multipart form adds to the file in it; the function knows its own limit to the byte.
_FORM_BYTES = 4096
_READS_PER_SECOND, _READ_BURST = 1000, 2000
_YEAR_SECONDS = 365 * 24 * 3600

_BODY, _FORM = "body-limit", "form-method"
_CREDENTIALS, _ERRORS = "strip-credentials", "platform-errors"
_LIMIT, _AUTHORIZE, _BUFFER = "rate-limit", "authorize", "buffer"

_TO_AUTHORIZER = (
    "accept",
    "authorization",
    "cookie",
    "hx-request",
    "hx-boosted",
    "hx-current-url",
    "origin",
    "purpose",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-purpose",
    "traceparent",
    "user-agent",
    "x-envoy-external-address",
    "x-forwarded-for",
    "x-request-id",
)
_FROM_REFUSAL = (
    "allow",
    "cache-control",
    "content-security-policy",
    "content-type",
    "hx-redirect",
    "hx-reswap",
    "hx-retarget",
    "location",
    "retry-after",
    "set-cookie",
    "www-authenticate",
)
_SECURITY_HEADERS = {
    "strict-transport-security": f"max-age={_YEAR_SECONDS}; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
}
_COMPRESSED = (
    "text/html",
    "application/json",
    "application/problem+json",
    "text/css",
    "text/javascript",
    "application/javascript",
    "image/svg+xml",
)


def http_filters() -> list[Config]:
    """All filters. Responses pass them in reverse, so the first has the last word on headers.

    Bodies are buffered (large ones apart), so that a slow client holds no function.
    """
    return [
        _security_headers(),
        _compressor(),
        _lua(_BODY, "body_limit.lua"),
        _lua(_FORM, "form_method.lua"),
        _filter(_LIMIT, "local_ratelimit", "LocalRateLimit", {"stat_prefix": "public_reads"}),
        _authorize(),
        _filter(_BUFFER, "buffer", "Buffer", {"max_request_bytes": _BUFFERED_BYTES}),
        _lua(_CREDENTIALS, "strip_credentials.lua"),
        _lua(_ERRORS, "platform_errors.lua"),
        _filter("envoy.filters.http.router", "router", "Router", {"suppress_envoy_headers": True}),
    ]


def for_route(route: Route) -> Config:
    """How a route differs from the defaults: authorised, stripped of credentials, buffered."""
    changes: Config = {}
    if route.is_socket or route.limit_bytes > _BUFFERED_BYTES:
        changes[_BUFFER] = _typed("buffer", "BufferPerRoute", {"disabled": True})
    if not route.asks_authorizer:
        changes |= {_AUTHORIZE: _unauthorized(), _LIMIT: _read_limit(route)}
    if route.context == "auth" or route.is_socket:
        changes[_CREDENTIALS] = _typed("lua", "LuaPerRoute", {"disabled": True})
    return changes


def route_metadata(route: Route) -> Config:
    """What the Lua filters read of a route."""
    limit = route.limit_bytes + _FORM_BYTES
    return {"filter_metadata": {_BODY: {"limit_bytes": limit}}}


def for_own_answer() -> Config:
    """Answers of the gateway itself need no authoriser."""
    return {_AUTHORIZE: _unauthorized()}


def lua_source(name: str) -> str:
    """A Lua filter's code, with the problems and pages that it answers put in."""
    code = (_LUA / name).read_text(encoding="utf-8")
    code = code.replace("@UNAVAILABLE@", problem_body(503))
    code = code.replace("@UNAVAILABLE_PAGE@", page_body(503)).replace("@PAGE_TYPE@", MEDIA_TYPE)
    return code.replace("@TOO_LARGE@", problem_body(413))


def _security_headers() -> Config:
    mutations = [{"append": header(name, value)} for name, value in _SECURITY_HEADERS.items()]
    config = {"mutations": {"response_mutations": mutations}}
    return _filter("security-headers", "header_mutation", "HeaderMutation", config)


def _compressor() -> Config:
    gzip = f"{TYPE}.compression.gzip.compressor.v3.Gzip"
    config = {
        "response_direction_config": {
            "common_config": {
                "min_content_length": 860,
                "content_type_matcher": [{"prefix": kind} for kind in _COMPRESSED],
            },
            "remove_accept_encoding_header": True,
        },
        "compressor_library": {
            "name": "gzip",
            "typed_config": {"@type": gzip, "compression_level": "COMPRESSION_LEVEL_4"},
        },
    }
    return _filter("compress", "compressor", "Compressor", config)


def _authorize() -> Config:
    config = {
        "failure_mode_allow": False,
        "status_on_error": {"code": "ServiceUnavailable"},
        "allowed_headers": _names(*_TO_AUTHORIZER),
        "http_service": {
            "server_uri": {
                "uri": "http://authorizer",
                "cluster": "authorizer",
                "timeout": f"{_AUTHORIZER_SECONDS}s",
            },
            "path_prefix": AUTHORIZER_PREFIX,
            "authorization_response": {
                "allowed_upstream_headers": _names(HEADER),
                "allowed_client_headers": _names(*_FROM_REFUSAL),
                "allowed_client_headers_on_success": _names("set-cookie"),
            },
        },
    }
    return _filter(_AUTHORIZE, "ext_authz", "ExtAuthz", config)


def _unauthorized() -> Config:
    return _typed("ext_authz", "ExtAuthzPerRoute", {"disabled": True})


def _read_limit(route: Route) -> Config:
    always = {"default_value": {"numerator": 100}}
    config = {
        "stat_prefix": f"reads_{route.service}".replace("-", "_"),
        "token_bucket": {
            "max_tokens": _READ_BURST,
            "tokens_per_fill": _READS_PER_SECOND,
            "fill_interval": "1s",
        },
        "filter_enabled": always,
        "filter_enforced": always,
    }
    return _typed("local_ratelimit", "LocalRateLimit", config)


def _lua(name: str, file: str) -> Config:
    code = {"inline_string": lua_source(file)}
    return _filter(name, "lua", "Lua", {"default_source_code": code})


def _filter(name: str, kind: str, message: str, config: Config) -> Config:
    return {"name": name, "typed_config": _typed(kind, message, config)}


def _typed(kind: str, message: str, config: Config) -> Config:
    return {"@type": f"{TYPE}.filters.http.{kind}.v3.{message}", **config}


def _names(*names: str) -> Config:
    return {"patterns": [{"exact": name, "ignore_case": True} for name in names]}
