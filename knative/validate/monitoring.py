"""Closed schemas of the Prometheus operator's kinds this project writes (monitoring.coreos.com/v1).

Only what the project writes is listed: a field that is not here is refused, and added here when
it is needed.
"""

from knative.validate.shapes import BOOL, TEXT, Schema, list_of, map_of, obj

_VERSION = "monitoring.coreos.com/v1"
_DURATION: Schema = {**TEXT, "pattern": r"^(\d+(ms|[smhdwy]))+$"}
_RELABELING = obj(
    sourceLabels=list_of(TEXT),
    targetLabel=TEXT,
    regex=TEXT,
    replacement=TEXT,
    action={**TEXT, "enum": ["replace", "keep", "drop", "labeldrop", "labelkeep"]},
)
_ENDPOINT = obj(
    "port",
    port=TEXT,
    path=TEXT,
    honorLabels=BOOL,
    relabelings=list_of(_RELABELING),
    metricRelabelings=list_of(_RELABELING),
)
_REQUIREMENT = obj(
    "key operator",
    key=TEXT,
    operator={**TEXT, "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
    values=list_of(TEXT),
)
_RULE = obj(
    "expr",
    alert=TEXT,
    record=TEXT,
    expr=TEXT,
    **{"for": _DURATION},
    labels=map_of(TEXT),
    annotations=map_of(TEXT),
)

MONITORING: dict[tuple[str, str], Schema] = {
    (_VERSION, "PodMonitor"): obj(
        "spec",
        spec=obj(
            "selector podMetricsEndpoints",
            selector=obj(matchLabels=map_of(TEXT), matchExpressions=list_of(_REQUIREMENT)),
            namespaceSelector=obj(matchNames=list_of(TEXT)),
            podMetricsEndpoints=list_of(_ENDPOINT),
        ),
    ),
    (_VERSION, "PrometheusRule"): obj(
        "spec",
        spec=obj(
            groups=list_of(
                obj("name rules", name=TEXT, interval=_DURATION, rules=list_of(_RULE)),
            )
        ),
    ),
}
