"""The eventing manifests as plain data; what Knative would refuse is refused here."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knative.validate import Document, load_documents, validate
from localdev.cluster.manifests import ManifestError
from localdev.eventing.refusals import dangling, secured, shared_groups, twins
from localdev.eventing.spec import NAMESPACE, Delivery, Destination, Eventing, Ping, Sink, Source

_KAFKA_SINK = ("eventing.knative.dev", "KafkaSink")
_KAFKA_SOURCE = ("sources.knative.dev", "KafkaSource")
_PING_SOURCE = ("sources.knative.dev", "PingSource")
_KEY_TYPE = "kafkasources.sources.knative.dev/key-type"
_UNIT_SECONDS = {"Y": 31_556_952, "M": 2_629_746, "W": 604_800, "D": 86_400}
_CLOCK_SECONDS = {"H": 3600, "M": 60, "S": 1}


def load_eventing(folder: Path) -> Eventing:
    """The sinks, sources and pings in the YAML below ``folder``; other kinds are only checked.

    Raises ``ManifestError`` with every problem for manifests that Knative would refuse, and for
    what this machine cannot do.
    """
    documents = load_documents([folder])
    if problems := validate(documents):
        raise ManifestError("\n".join(str(problem) for problem in problems))
    found = Eventing(
        tuple(_sink(document) for document in _of_kind(documents, _KAFKA_SINK)),
        tuple(_source(document) for document in _of_kind(documents, _KAFKA_SOURCE)),
        tuple(_ping(document) for document in _of_kind(documents, _PING_SOURCE)),
    )
    if refusals := [
        *twins(documents),
        *shared_groups(found.sources),
        *dangling(found),
        *secured(documents),
    ]:
        raise ManifestError("\n".join(refusals))
    return found


def iso_seconds(duration: str) -> float:
    """Seconds of an ISO 8601 duration that the manifest rules have accepted (``PT0.2S``)."""
    days, _, clock = duration.removeprefix("P").partition("T")
    return _sum(days, _UNIT_SECONDS) + _sum(clock, _CLOCK_SECONDS)


def _sum(text: str, units: dict[str, int]) -> float:
    parts = re.findall(r"([\d.,]+)([A-Z])", text)
    return sum(float(number.replace(",", ".")) * units[unit] for number, unit in parts)


def _of_kind(documents: Sequence[Document], kind: tuple[str, str]) -> list[Document]:
    found = [item for item in documents if (item.group, item.kind) == kind]
    return sorted(found, key=lambda document: document.name)


def _sink(document: Document) -> Sink:
    spec = document.body["spec"]
    return Sink(
        document.name,
        document.namespace or NAMESPACE,
        spec["topic"],
        spec.get("contentMode") == "structured",
        spec.get("numPartitions"),
        spec.get("replicationFactor"),
    )


def _source(document: Document) -> Source:
    spec = document.body["spec"]
    labels = document.metadata.get("labels") or {}
    namespace = document.namespace or NAMESPACE
    return Source(
        name=document.name,
        namespace=namespace,
        topics=tuple(spec["topics"]),
        # Knative makes up a random one, once; here it must survive a restart.
        group=spec.get("consumerGroup") or f"knative-kafka-source-{document.name}",
        is_earliest=spec.get("initialOffset", "latest") == "earliest",
        is_ordered=spec.get("ordering", "ordered") == "ordered",
        key_type=labels.get(_KEY_TYPE, "string"),
        delivery=_delivery(spec.get("delivery"), namespace),
        destination=_destination(spec["sink"], namespace),
        overrides=spec.get("ceOverrides", {}).get("extensions", {}),
    )


def _ping(document: Document) -> Ping:
    spec = document.body["spec"]
    namespace = document.namespace or NAMESPACE
    return Ping(
        name=document.name,
        namespace=namespace,
        schedule=spec.get("schedule", "* * * * *"),
        timezone=spec.get("timezone", ""),
        content_type=spec.get("contentType", ""),
        data=spec.get("data", ""),
        data_base64=spec.get("dataBase64", ""),
        destination=_destination(spec["sink"], namespace),
        overrides=spec.get("ceOverrides", {}).get("extensions", {}),
    )


def _delivery(spec: dict[str, Any] | None, namespace: str) -> Delivery:
    """A ``delivery`` that is given replaces the default as a whole."""
    if spec is None:
        return Delivery()
    letters = spec.get("deadLetterSink")
    return Delivery(
        retry=spec.get("retry", 0),
        is_linear=spec.get("backoffPolicy") == "linear",
        backoff_seconds=iso_seconds(spec.get("backoffDelay", "PT0.2S")),
        timeout_seconds=iso_seconds(spec.get("timeout", "PT600S")),
        dead_letters=_destination(letters, namespace) if letters else None,
    )


def _destination(spec: dict[str, Any], namespace: str) -> Destination:
    ref = spec.get("ref") or {}
    return Destination(
        kind=ref.get("kind", ""),
        name=ref.get("name", ""),
        namespace=ref.get("namespace") or namespace,
        uri=spec.get("uri", ""),
    )
