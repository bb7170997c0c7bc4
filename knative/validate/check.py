"""Schema first, then the rules of the admission webhooks, for every document."""

from collections.abc import Iterable, Iterator, Sequence

from knative.validate.documents import Document
from knative.validate.problem import Finding, Problem
from knative.validate.rules import eventing, kafka, metadata, ping, serving
from knative.validate.rules.cluster import Cluster
from knative.validate.schema import schema_findings

_RULES = {
    ("serving.knative.dev", "Service"): serving.service,
    ("serving.knative.dev", "Configuration"): serving.configuration,
    ("serving.knative.dev", "Revision"): serving.revision,
    ("serving.knative.dev", "Route"): serving.route,
    ("serving.knative.dev", "DomainMapping"): serving.domain_mapping,
    ("eventing.knative.dev", "Broker"): eventing.broker,
    ("eventing.knative.dev", "Trigger"): eventing.trigger,
    ("eventing.knative.dev", "KafkaSink"): kafka.kafka_sink,
    ("sources.knative.dev", "KafkaSource"): kafka.kafka_source,
    ("sources.knative.dev", "PingSource"): ping.ping_source,
}


def validate(
    documents: Sequence[Document], *, allow_zero_initial_scale: bool | None = None
) -> list[Problem]:
    """Every problem that an API server with Knative's webhooks would refuse a document for.

    `allow_zero_initial_scale` is the cluster's setting of that name; left out, it is read from
    a ConfigMap `config-autoscaler` among the documents, else false as in Knative.
    """
    cluster = Cluster.of(documents)
    if allow_zero_initial_scale is not None:
        cluster = Cluster(allow_zero_initial_scale=allow_zero_initial_scale)
    return [
        Problem(str(document.file), document.label, finding.path, finding.message)
        for document in documents
        for finding in _findings(document, cluster)
    ]


def _findings(document: Document, cluster: Cluster) -> Iterable[Finding]:
    """Rules trust the types that the schema has checked, so they wait for a clean one."""
    return list(schema_findings(document)) or _rule_findings(document, cluster)


def _rule_findings(document: Document, cluster: Cluster) -> Iterator[Finding]:
    yield from metadata.object_name(document)
    rule = _RULES.get((document.group, document.kind))
    if rule:
        yield from rule(document.body, cluster)
