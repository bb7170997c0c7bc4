"""The whole configuration: listener, connection manager, clusters, admin interface."""

from collections.abc import Sequence
from typing import Any

from knative.render.envoy import metrics, tracing
from knative.render.envoy.filters import TYPE, http_filters
from knative.render.envoy.hosts import virtual_hosts
from knative.render.envoy.problems import local_replies
from knative.render.routes import Route

Config = dict[str, Any]

_BUFFER_BYTES = 1024 * 1024
_CONNECTIONS = 20_000
_PREFIXES_OF_OURS = ("x-shop-", "x-envoy-", "ce-", "knative-", "k-")
_HEADERS_OF_OURS = ("forwarded", "x-forwarded-host", "x-http-method-override")
_LOGGED = {
    "time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(X-FORWARDED-HOST?:AUTHORITY)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "status": "%RESPONSE_CODE%",
    "function": "%REQ(X-SHOP-SERVICE)%",
    "milliseconds": "%DURATION%",
    "bytes": "%BYTES_SENT%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "trace_id": "%TRACE_ID%",
    "flags": "%RESPONSE_FLAGS%",
    "detail": "%RESPONSE_CODE_DETAILS%",
}


def bootstrap(routes: Sequence[Route]) -> Config:
    """Envoy's bootstrap; every ``${NAME}`` is put in by whoever starts it."""
    return {
        "admin": {"address": _address("127.0.0.1", "${ADMIN_PORT}")},
        "overload_manager": _overload_manager(),
        "static_resources": {
            "listeners": [
                _listener("public", "${LISTEN_PORT}", _connection_manager(routes), _tls()),
                _listener("metrics", "${METRICS_PORT}", metrics.metrics_manager()),
            ],
            "clusters": [
                _cluster("functions", "${UPSTREAM_HOST}", "${UPSTREAM_PORT}"),
                _cluster("authorizer", "${AUTHORIZER_HOST}", "${AUTHORIZER_PORT}"),
                _cluster("socket", "${SOCKET_HOST}", "${SOCKET_PORT}"),
                _cluster(tracing.CLUSTER, "${OTEL_HOST}", "${OTEL_PORT}"),
                _cluster(metrics.CLUSTER, "127.0.0.1", "${ADMIN_PORT}"),
            ],
        },
    }


def _overload_manager() -> Config:
    limit = f"{TYPE}.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    monitor = {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {"@type": limit, "max_active_downstream_connections": _CONNECTIONS},
    }
    return {"resource_monitors": [monitor]}


def _listener(name: str, port: str, connections: Config, tls: Config | None = None) -> Config:
    manager = f"{TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager"
    return {
        "name": name,
        "address": _address("${LISTEN_ADDRESS}", port),
        "per_connection_buffer_limit_bytes": _BUFFER_BYTES,
        "filter_chains": [
            {
                **({"transport_socket": tls} if tls else {}),
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": {"@type": manager, **connections},
                    }
                ],
            }
        ],
    }


def _connection_manager(routes: Sequence[Route]) -> Config:
    return {
        "stat_prefix": "gateway",
        "codec_type": "AUTO",
        "server_name": "popshop",
        "use_remote_address": True,
        "always_set_request_id_in_response": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "request_headers_timeout": "10s",
        "request_timeout": "300s",
        "stream_idle_timeout": "300s",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            # A WSGI server reads x_shop_identity as x-shop-identity.
            "headers_with_underscores_action": "DROP_HEADER",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65536,
            "initial_connection_window_size": _BUFFER_BYTES,
        },
        "early_header_mutation_extensions": [_early_stripping()],
        "access_log": [_access_log()],
        "tracing": tracing.tracing(),
        "local_reply_config": local_replies(),
        "http_filters": http_filters(),
        "route_config": {"name": "routes", "virtual_hosts": virtual_hosts(routes)},
    }


def _early_stripping() -> Config:
    """No client sends what only we, the platform or the authoriser may say."""
    prefixed = [
        {"remove_on_match": {"key_matcher": {"prefix": prefix, "ignore_case": True}}}
        for prefix in _PREFIXES_OF_OURS
    ]
    removed = (*_HEADERS_OF_OURS, *tracing.UNTRUSTED)
    return {
        "name": "strip-our-headers",
        "typed_config": {
            "@type": f"{TYPE}.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [*prefixed, *({"remove": name} for name in removed)],
        },
    }


def _access_log() -> Config:
    return {
        "name": "stdout",
        "typed_config": {
            "@type": f"{TYPE}.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"json_format": _LOGGED},
        },
    }


def _tls() -> Config:
    certificate = {
        "certificate_chain": {"filename": "${TLS_CERT}"},
        "private_key": {"filename": "${TLS_KEY}"},
    }
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"{TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                "tls_certificates": [certificate],
            },
        },
    }


def _cluster(name: str, host: str, port: str) -> Config:
    limits = {"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 8192}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "2s",
        "circuit_breakers": {"thresholds": [limits]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _upstream_options()
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(host, port)}}]}],
        },
    }


def _upstream_options() -> Config:
    """Idle connections close here first, so no request meets one that the other side closes."""
    return {
        "@type": f"{TYPE}.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": "60s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _address(host: str, port: str) -> Config:
    return {"socket_address": {"address": host, "port_value": port}}
