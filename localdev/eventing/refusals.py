"""What Knative would accept but never make ready, or what this machine cannot do."""

from collections.abc import Iterable

from knative.validate import Document
from localdev.eventing.spec import Eventing, Source


def twins(documents: Iterable[Document]) -> list[str]:
    """Two objects of one name: the second would replace the first."""
    seen: dict[tuple[str, str, str], Document] = {}
    refusals = []
    for document in documents:
        key = (document.group, document.kind, document.name)
        if key in seen:
            refusals.append(f"{document.file}: {document.label} is in {seen[key].file} as well")
        seen[key] = document
    return refusals


def shared_groups(sources: Iterable[Source]) -> list[str]:
    """Sources in one group would each see a part of the events; nobody means that."""
    owners: dict[str, str] = {}
    refusals = []
    for source in sources:
        if owner := owners.get(source.group):
            refusals.append(
                f"KafkaSource/{source.name}: spec.consumerGroup: {source.group} is {owner}'s "
                "already; give every source its own"
            )
        owners[source.group] = source.name
    return refusals


def dangling(eventing: Eventing) -> list[str]:
    """References to KafkaSinks that are not there; Knative would never make such a source ready."""
    sinks = {sink.name for sink in eventing.sinks}
    wanted = [
        (source.name, destination)
        for source in eventing.sources
        for destination in (source.destination, source.delivery.dead_letters)
        if destination is not None
    ] + [(ping.name, ping.destination) for ping in eventing.pings]
    return [
        f"{name}: refers to KafkaSink {destination.name}, which is not among the manifests"
        for name, destination in wanted
        if destination.kind == "KafkaSink" and destination.name not in sinks
    ]


def secured(documents: Iterable[Document]) -> list[str]:
    """Sources that ask for what only a cluster's Kafka has."""
    return [
        f"{document.file}: {document.label}: spec.net: this machine's Kafka speaks neither SASL "
        "nor TLS; put it in an overlay of the cluster"
        for document in documents
        if document.kind == "KafkaSource" and document.body["spec"].get("net")
    ]
