"""Service, Configuration, Revision, Route, DomainMapping: which rules apply where."""

from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules import metadata
from knative.validate.rules.autoscaling import autoscaling
from knative.validate.rules.cluster import Cluster
from knative.validate.rules.podspec import revision_spec
from knative.validate.rules.traffic import route_traffic, service_traffic
from knative.validate.rules.values import is_dns_1123_subdomain

_CLUSTER_LOCAL = ".cluster.local"


def service(body: dict[str, Any], cluster: Cluster) -> Iterator[Finding]:
    """A Knative Service."""
    yield from metadata.rollout_duration(body["metadata"])
    yield from metadata.visibility(body["metadata"])
    yield from configuration(body, cluster)
    yield from service_traffic(body.get("spec", {}).get("traffic", []), "spec.traffic")


def configuration(body: dict[str, Any], cluster: Cluster) -> Iterator[Finding]:
    """A Configuration, and the half of a Service that is one."""
    yield from metadata.no_autoscaling_annotations(body["metadata"])
    template = body.get("spec", {}).get("template", {})
    if not template.get("spec"):
        yield Finding("spec.template.spec", "required: it holds the container")
        return
    template_metadata = template.get("metadata", {})
    yield from metadata.template_name(body["metadata"], template_metadata)
    yield from _revision(template_metadata, template["spec"], "spec.template.", cluster)


def revision(body: dict[str, Any], cluster: Cluster) -> Iterator[Finding]:
    """A Revision of its own."""
    yield from _revision(body["metadata"], body.get("spec", {}), "", cluster)


def route(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """A Route of its own."""
    yield from metadata.no_autoscaling_annotations(body["metadata"])
    yield from metadata.rollout_duration(body["metadata"])
    yield from metadata.visibility(body["metadata"])
    yield from route_traffic(body.get("spec", {}).get("traffic", []), "spec.traffic")


def domain_mapping(body: dict[str, Any], _: Cluster) -> Iterator[Finding]:
    """Its name is the domain: fully qualified, outside the cluster's own, never generated."""
    name = body["metadata"].get("name", "")
    if "generateName" in body["metadata"]:
        yield Finding("metadata.generateName", "refused: the name is the domain")
    if "." not in name or not is_dns_1123_subdomain(name):
        yield Finding("metadata.name", f"{name!r} is no fully qualified domain name")
    if name.endswith(_CLUSTER_LOCAL):
        yield Finding("metadata.name", f"{name!r} is under the cluster-local domain")
    if not body.get("spec"):
        yield Finding("spec", "required: it says where the domain leads")


def _revision(
    meta: dict[str, Any], spec: dict[str, Any], prefix: str, cluster: Cluster
) -> Iterator[Finding]:
    yield from metadata.revision_annotations(meta, f"{prefix}metadata")
    yield from autoscaling(meta, f"{prefix}metadata", cluster)
    yield from revision_spec(spec, f"{prefix}spec")
