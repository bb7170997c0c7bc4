"""The gateway's own figures, for Prometheus: of the administrative interface this one page."""

from typing import Any

from knative.render.envoy.filters import TYPE

CLUSTER = "admin"
_PATH = "/stats/prometheus"


def metrics_manager() -> dict[str, Any]:
    """The connection manager of the metrics' listener; anything else is a 404."""
    route = {"match": {"path": _PATH}, "route": {"cluster": CLUSTER}}
    return {
        "stat_prefix": "metrics",
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{TYPE}.filters.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "name": "metrics",
            "virtual_hosts": [{"name": "metrics", "domains": ["*"], "routes": [route]}],
        },
    }
