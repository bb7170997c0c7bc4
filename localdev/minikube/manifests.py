"""The rendered manifests: in waves, with the image that was built, and the Secrets they name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from localdev.cluster.manifests import Reference
from localdev.minikube.model import IMAGE

Manifest = dict[str, Any]
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class Wave:
    """Manifests that are applied together; ``holds`` are pairs of API group and kind."""

    name: str
    holds: frozenset[tuple[str, str]]


# In this order; a kind that no wave holds comes with the first.
WAVES = (
    Wave("policies", frozenset({("networking.k8s.io", "NetworkPolicy")})),
    Wave("topics", frozenset({("eventing.knative.dev", "KafkaSink")})),
    Wave("jobs", frozenset({("batch", "Job")})),
    Wave(
        "deployments",
        frozenset({("apps", "Deployment"), ("", "Service"), ("", "ConfigMap")}),
    ),
    Wave("functions", frozenset({("serving.knative.dev", "Service")})),
    Wave(
        "sources",
        frozenset({("sources.knative.dev", "KafkaSource"), ("sources.knative.dev", "PingSource")}),
    ),
)


def read(text: str) -> list[Manifest]:
    """The manifests of a stream."""
    return [item for item in yaml.load_all(text, _Loader) if item]


def show(manifests: Iterable[Manifest]) -> str:
    """A stream of the manifests, as `kubectl apply -f -` takes it."""
    return str(
        yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    )


def in_waves(manifests: Sequence[Manifest]) -> dict[str, list[Manifest]]:
    """Wave name -> manifests, in order; every manifest is in exactly one."""
    waves: dict[str, list[Manifest]] = {wave.name: [] for wave in WAVES}
    for manifest in manifests:
        kind = (group_of(manifest), str(manifest["kind"]))
        name = next((wave.name for wave in WAVES if kind in wave.holds), WAVES[0].name)
        waves[name].append(manifest)
    return waves


def group_of(manifest: Manifest) -> str:
    """The API group, empty for the core group."""
    return str(manifest["apiVersion"]).rpartition("/")[0]


def of_kind(manifests: Iterable[Manifest], *kinds: str) -> list[tuple[str, str, str]]:
    """Kind, name and namespace of those of the kinds; Knative's Services are not among them."""
    return [
        (item["kind"], item["metadata"]["name"], item["metadata"].get("namespace", ""))
        for item in manifests
        if item["kind"] in kinds and not group_of(item).endswith("knative.dev")
    ]


def with_image(manifests: Iterable[Manifest], image: str) -> list[Manifest]:
    """The manifests with the image that was built in place of its name without a tag."""
    return [_with_image(item, image) for item in manifests]


def _with_image(value: Any, image: str) -> Any:  # noqa: ANN401 - any YAML
    if isinstance(value, dict):
        return {
            key: image if key == "image" and item == IMAGE else _with_image(item, image)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_with_image(item, image) for item in value]
    return value


def secret_references(value: Any) -> Iterator[Reference]:  # noqa: ANN401 - any YAML
    """Every key of a Secret that a manifest reads, by variable or volume.

    The key is empty where a volume takes all there are.
    """
    if isinstance(value, list):
        for item in value:
            yield from secret_references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "secretKeyRef":
            yield Reference("Secret", item["name"], item["key"], bool(item.get("optional")))
        elif key == "secret" and isinstance(item, dict):
            yield from _volume(item)
        else:
            yield from secret_references(item)


def _volume(source: Manifest) -> Iterator[Reference]:
    name = source.get("secretName") or source.get("name")
    if name:
        keys = [item["key"] for item in source.get("items") or ()] or [""]
        for key in keys:
            yield Reference("Secret", name, key, bool(source.get("optional")))
