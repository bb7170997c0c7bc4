"""Everything that is rendered: file name -> text."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from knative.render import deployments, eventing, jobs, mongodb, policies, services
from knative.render.asyncapi import asyncapi_json
from knative.render.envoy.bootstrap import bootstrap
from knative.render.kustomize import kustomization
from knative.render.openapi.document import openapi_json
from knative.render.routes import all_routes, routes_json
from knative.render.yaml_text import to_yaml
from shared.runtime.declare import Every, Spec


def render(specs: Iterable[Spec]) -> dict[str, str]:
    """Every rendered file by its path in the project."""
    specs = list(specs)
    routes = all_routes(specs)
    return {
        **_folder("knative/services", _named(specs, services.has_service, services.service)),
        **_folder(
            "knative/deployments",
            _named(specs, deployments.has_deployment, deployments.deployment),
        ),
        **_folder(
            "eventing/sources",
            _named(specs, lambda spec: bool(eventing.topics_of(spec)), eventing.source),
        ),
        **_folder(
            "eventing/pings",
            _named(specs, lambda spec: isinstance(spec.trigger, Every), eventing.ping),
        ),
        **_folder(
            "eventing/sinks",
            {eventing.sink_name(topic): eventing.sink(topic) for topic in eventing.topics()},
        ),
        **_folder(
            "knative/jobs",
            {"create-indexes": jobs.create_indexes(specs), "create-bucket": jobs.create_bucket()},
        ),
        **_folder(
            "knative/data/mongodb/contexts",
            {context: mongodb.mongodb(context) for context in jobs.contexts_with_mongo(specs)},
        ),
        "knative/data/kafka/strimzi/topics.yaml": to_yaml(
            *(eventing.kafka_topic(topic) for topic in eventing.topics())
        ),
        **_folder("knative/policies", {p["metadata"]["name"]: p for p in policies.policies(specs)}),
        "knative/gateway/routes.json": routes_json(routes),
        "knative/gateway/envoy.yaml": to_yaml(bootstrap(routes)),
        "knative/gateway/openapi.json": openapi_json(specs),
        "eventing/asyncapi.json": asyncapi_json(specs),
    }


def _named(
    specs: Iterable[Spec], choose: Callable[[Spec], bool], make: Callable[[Spec], Any]
) -> dict[str, Any]:
    return {spec.service_name: make(spec) for spec in specs if choose(spec)}


def _folder(folder: str, manifests: Mapping[str, Any]) -> dict[str, str]:
    files = {
        f"{name}.yaml": to_yaml(*(made if isinstance(made, list) else [made]))
        for name, made in manifests.items()
    }
    listed = {"kustomization.yaml": to_yaml(kustomization(files))}
    return {str(PurePosixPath(folder) / name): text for name, text in (files | listed).items()}
