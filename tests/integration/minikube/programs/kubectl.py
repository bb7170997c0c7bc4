"""kubectl and the API server behind it, as far as the plan uses them."""

# ruff: noqa: T201 - a program prints

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from machine import Machine, here, option, read_yaml, yaml_module

_OF_THE_CLUSTER = {"Namespace"}
# Release file -> the namespaces and kinds that it brings.
_RELEASES: dict[str, tuple[list[str], list[str]]] = {
    "serving-crds.yaml": ([], ["serving.knative.dev/Service"]),
    "serving-core.yaml": (["knative-serving"], []),
    "kourier.yaml": (["kourier-system"], []),
    "eventing-crds.yaml": ([], ["sources.knative.dev/PingSource"]),
    "eventing-core.yaml": (["knative-eventing"], []),
    "eventing-kafka-controller.yaml": (
        [],
        ["sources.knative.dev/KafkaSource", "eventing.knative.dev/KafkaSink"],
    ),
    "eventing-kafka-source.yaml": ([], []),
    "eventing-kafka-sink.yaml": ([], []),
}
_SHORT = {"ksvc": "serving.knative.dev/Service"}


def main(argv: list[str]) -> int:
    machine = here()
    given = sys.stdin.read() if "-" in argv else ""
    machine.note(["kubectl", *argv], given)
    if argv[:1] == ["version"]:
        print(json.dumps({"clientVersion": {"gitVersion": machine.state["kubectl"]}}))
        return 0
    if argv[:1] == ["kustomize"]:
        import kustomize  # noqa: PLC0415 - only this command needs it

        print(yaml_module().safe_dump_all(kustomize.build(Path(argv[1]), read_yaml)))
        return 0
    if argv[:2] != ["--context", "popshop"]:
        sys.exit(f"another cluster than the profile's: {argv}")
    if not machine.state["is_running"]:
        sys.exit("The connection to the server was refused - did you specify the right host?")
    return Api(machine).call(argv[2:], given)


class Api:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.objects: dict[str, Any] = machine.state["objects"]

    def call(self, argv: list[str], given: str) -> int:
        command = getattr(self, "do_" + argv[0].replace("-", "_"))
        status = command(argv[1:], given)
        self.machine.change(objects=self.objects)
        return int(status or 0)

    def do_apply(self, argv: list[str], given: str) -> None:
        source = option(argv, "filename")
        if source != "-":
            self._install(source.rpartition("/")[2])
            return
        for manifest in read_yaml(given):
            self._put(manifest)

    def _install(self, file: str) -> None:
        namespaces, kinds = _RELEASES[file]
        for name in namespaces:
            self.objects.setdefault(f"Namespace//{name}", {"metadata": {"name": name}})
        self.machine.change(kinds=[*self.machine.state["kinds"], *kinds])

    def _put(self, manifest: dict[str, Any]) -> None:
        kind = _kind_of(manifest)
        namespace = manifest["metadata"].get("namespace", "")
        if ".knative.dev/" in kind and kind not in self.machine.state["kinds"]:
            sys.exit(f'error: no matches for kind "{manifest["kind"]}"')
        if kind not in _OF_THE_CLUSTER and f"Namespace//{namespace}" not in self.objects:
            sys.exit(f'Error from server (NotFound): namespaces "{namespace}" not found')
        key = f"{kind}/{namespace}/{manifest['metadata']['name']}"
        if kind == "batch/Job" and self.objects.get(key, manifest) != manifest:
            sys.exit(f"The Job {key} is invalid: spec.template: field is immutable")
        if kind == "Secret":
            for value in manifest["data"].values():
                base64.b64decode(value, validate=True)
        labels = self.objects.get(key, {}).get("metadata", {}).get("labels") or {}
        manifest["metadata"]["labels"] = labels | (manifest["metadata"].get("labels") or {})
        self.objects[key] = manifest

    def do_wait(self, argv: list[str], given: str) -> int:
        wanted = option(argv, "for")
        if wanted.startswith("jsonpath"):
            _, _, name = argv[1].partition("/")
            label = wanted.rpartition("=")[2]
            found = self.objects.get(f"Namespace//{name}", {"metadata": {}})["metadata"]
            return int((found.get("labels") or {}).get("popshop-installed") != label)
        for argument in argv:
            if argument.startswith("job/"):
                self._must_be("batch/Job", argv, argument)
        return 0

    def do_rollout(self, argv: list[str], given: str) -> None:
        kind = "Deployment" if argv[1].startswith("deployment") else "StatefulSet"
        self._must_be(f"apps/{kind}", argv, argv[1])

    def _must_be(self, kind: str, argv: list[str], what: str) -> None:
        name = what.partition("/")[2]
        if f"{kind}/{option(argv, 'namespace')}/{name}" not in self.objects:
            sys.exit(f'Error from server (NotFound): "{name}" not found')

    def do_label(self, argv: list[str], given: str) -> None:
        name, value = argv[2].split("=")
        metadata = self.objects[f"Namespace//{argv[1]}"]["metadata"]
        metadata["labels"] = (metadata.get("labels") or {}) | {name: value}

    def do_patch(self, argv: list[str], given: str) -> None:
        json.loads(option(argv, "patch"))

    def do_set(self, argv: list[str], given: str) -> None:
        assert argv[:2] == ["resources", "statefulset/kafka-source-dispatcher"]

    def do_get(self, argv: list[str], given: str) -> None:
        namespace, what = option(argv, "namespace"), argv[0]
        if what in {"pods", "events"}:
            items = [
                item
                for item in self.machine.state[what]
                if item["metadata"]["namespace"] == namespace and _is_about(item, argv)
            ]
        else:
            kind = {"secrets": "Secret"} | _SHORT
            items = [_with_status(item) for item in self._all(kind[what], namespace)]
        print(json.dumps({"items": items}))

    def _all(self, kind: str, namespace: str) -> Iterator[dict[str, Any]]:
        for key, value in self.objects.items():
            if key.startswith(f"{kind}/{namespace}/"):
                yield value

    def do_delete(self, argv: list[str], given: str) -> None:
        names = [item for item in argv[1:] if not item.startswith("-")]
        if argv[0] == "namespace":
            gone = [key for key in self.objects if key.split("/")[-2] in names]
            gone += [f"Namespace//{name}" for name in names]
        elif argv[0] == "job":
            gone = [f"batch/Job/{option(argv, 'namespace')}/{names[0]}"]
        else:
            gone = [key for key in self.objects if key.split("/")[-3].lower() in argv[0]]
        for key in gone:
            self.objects.pop(key, None)

    def do_port_forward(self, argv: list[str], given: str) -> None:
        from gateway import serve  # noqa: PLC0415 - only this command needs it

        secret = self.objects["Secret/popshop/popshop-gateway-tls"]["data"]
        texts = {name: base64.b64decode(value).decode() for name, value in secret.items()}
        serve(self.machine, int(argv[-1].partition(":")[0]), texts)


def _kind_of(manifest: dict[str, Any]) -> str:
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    return f"{group}/{manifest['kind']}" if group else str(manifest["kind"])


def _is_about(item: dict[str, Any], argv: list[str]) -> bool:
    chosen = option(argv, "field-selector").rpartition("=")[2]
    return not chosen or item["involvedObject"]["name"] == chosen


def _with_status(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
