"""The gateway's spans: where a trace begins, and who hears of it (OpenTelemetry over HTTP)."""

from typing import Any

Config = dict[str, Any]

CLUSTER = "telemetry"
SERVICE = "popshop-gateway"
_PATH = "/v1/traces"
_TIMEOUT = "2s"
# What tells a tracer to continue somebody else's trace or to keep this one. Nobody outside may: a
# made-up traceparent would file a stranger's request under a customer's trace, and `-01` on every
# request would undo the sampling. Removed before the tracer looks, so every request is a new root.
UNTRUSTED = ("traceparent", "tracestate", "baggage", "x-client-trace-id")


def tracing() -> Config:
    """The connection manager's ``tracing``.

    ``${OTEL_SAMPLING}``: percent of the requests; what is not among them still gets a trace id for
    the logs, marked as not sampled (W3C trace context, flag 00), and is never sent. 0: all of them.
    """
    return {
        "provider": {
            "name": "envoy.tracers.opentelemetry",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                "http_service": {
                    "http_uri": {
                        "uri": f"http://${{OTEL_HOST}}:${{OTEL_PORT}}{_PATH}",
                        "cluster": CLUSTER,
                        "timeout": _TIMEOUT,
                    }
                },
                "service_name": SERVICE,
            },
        },
        "random_sampling": {"value": "${OTEL_SAMPLING}"},
        "client_sampling": {"value": 0},
        "operation": "%REQ(:METHOD)% %REQ(X-SHOP-SERVICE)%",
        "custom_tags": [
            {"tag": "request_id", "request_header": {"name": "x-request-id"}},
            {"tag": "function", "request_header": {"name": "x-shop-service"}},
            # Without the query, which may hold a secret (a link to set a new password does).
            {"tag": "http.url", "value": "%PATH(NQ:ORIG_OR_PATH)%"},
        ],
    }
