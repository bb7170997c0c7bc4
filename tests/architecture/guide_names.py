"""What may be named in the pages for operators: everything that is deployed, and what is typed."""

import re
from functools import cache
from itertools import pairwise
from typing import Any

import yaml

from localdev.minikube.manifests import secret_references
from localdev.minikube.profile import SYSTEM, dispatchers
from tests.architecture.guides import DOCS, ROOT, Page

# kubectl's names of kinds, and the manifests' own.
KINDS = {
    "ksvc": "Service",
    "service": "Service",
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "job": "Job",
    "hpa": "HorizontalPodAutoscaler",
    "configmap": "ConfigMap",
    "kafkasource": "KafkaSource",
    "kafkasink": "KafkaSink",
    "kafkatopic": "KafkaTopic",
    "kafka": "Kafka",
    "pingsource": "PingSource",
    "route": "Service",
    "certificate": "Certificate",
    "namespace": "Namespace",
    "pod": "Pod",
    "pvc": "PersistentVolumeClaim",
}
WORKLOADS = ("Deployment", "StatefulSet")
NAMESPACES = ("knative-serving", "knative-eventing", "kourier-system", "monitoring")
# What Kubernetes, Knative and the operators bring.
FOREIGN = {
    *(("Namespace", name) for name in NAMESPACES),
    *((kind, pods.name) for pods in (*SYSTEM, dispatchers(1)) for kind in WORKLOADS),
    *(("Pod", f"popshop-dual-{number}") for number in range(3)),
}


@cache
def manifests() -> list[dict[str, Any]]:
    files = [*(ROOT / "knative").rglob("*.yaml"), *(ROOT / "eventing").rglob("*.yaml")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    found = [item for text in texts for item in yaml.load_all(text, yaml.CSafeLoader)]
    return [item for item in found if isinstance(item, dict) and "metadata" in item]


@cache
def known() -> set[tuple[str, str]]:
    found = {(item["kind"], item["metadata"]["name"]) for item in manifests()}
    for item in manifests():
        if item["kind"] == "StatefulSet":
            name = item["metadata"]["name"]
            found |= {("Pod", f"{name}-{number}") for number in range(3)}
            claims = {("PersistentVolumeClaim", f"data-{name}-{number}") for number in range(3)}
            found |= claims if item["spec"].get("volumeClaimTemplates") else set()
    # Kustomize makes these of files.
    generated = re.findall(r"- name: (popshop-[a-z-]+)\n", all_kustomizations())
    return found | FOREIGN | {("ConfigMap", name) for name in generated}


def all_kustomizations() -> str:
    return "".join(file.read_text() for file in (ROOT / "knative").rglob("kustomization.yaml"))


@cache
def used() -> set[str]:
    """Every name of ours in what is deployed: objects, consumer groups, jobs of Prometheus."""
    files = [file for kind in ("yaml", "yml", "json") for file in ROOT.glob(f"[ek]*/**/*.{kind}")]
    texts = "".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"\bpopshop-[a-z0-9-]+[a-z0-9]", texts))


@cache
def secrets() -> set[tuple[str, str]]:
    found = {(one.name, one.key) for item in manifests() for one in secret_references(item)}
    return {(name, key) for name, key in found if name.startswith("popshop-")}


@cache
def files_of_production() -> set[str]:
    """The names of the files that `kubectl kustomize -o` writes for the production overlay."""
    folder = ROOT / "knative/overlays/production"
    resources = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    found = [(folder / name).resolve() for name in resources]
    texts = [
        file.read_text()
        for path in found
        for file in (path.rglob("*.yaml") if path.is_dir() else [path])
        if file.name not in {"kustomization.yaml", "envoy.yaml"}
    ]
    items = [item for text in texts for item in yaml.load_all(text, yaml.CSafeLoader)]
    names = {
        f"{item['apiVersion'].replace('/', '_')}_{item['kind'].lower()}_{item['metadata']['name']}"
        for item in items
    }
    return {f"{name}.yaml" for name in names} | {"v1_configmap_popshop-gateway-hash.yaml"}


def services() -> set[str]:
    return {file.stem for file in (ROOT / "knative/services").glob("*-*.yaml")} | {
        file.stem for file in (ROOT / "knative/deployments").glob("*-*.yaml")
    }


def made_by(page: Page) -> set[tuple[str, str]]:
    """What the page itself has one make, or the index of the guides."""
    found = {
        (item["kind"], item["metadata"]["name"])
        for block in [*page.blocks, *Page(DOCS / "guides/README.md").blocks]
        for text in block.heredocs
        for item in yaml.safe_load_all(text)
    }
    for words in page.commands("kubectl"):
        if "create" in words and "namespace" in words:
            found.add(("Namespace", words[words.index("namespace") + 1]))
        if "run" in words:
            found.add(("Pod", words[words.index("run") + 1]))
    return found


def named_by(words: list[str]) -> set[tuple[str, str]]:
    """Kinds and names in a call: `kind/name`, `kind name`, `exec pod`, `-n namespace`."""
    words = words[: words.index("--")] if "--" in words else words
    found = {
        ("Namespace", after) for word, after in pairwise(words) if word in {"-n", "--namespace"}
    }
    plain = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not word.startswith("-")
        and before not in {"-n", "--namespace", "-l", "-p", "-o", "-c", "--type"}
    ]
    if plain[:1] == ["exec"] and len(plain) > 1:
        found.add(("Pod", plain[1]))
    for word in plain:
        kind, _, name = word.partition("/")
        if name and kind in KINDS:
            found.add((KINDS[kind], name))
    if len(plain) > 2 and plain[1] in KINDS and plain[0] not in {"create", "label", "annotate"}:
        found |= {(KINDS[plain[1]], name) for name in plain[2:] if "/" not in name}
    return found


def is_among(kind: str, name: str, names: set[tuple[str, str]]) -> bool:
    """Variables of the shell and words in capitals stand for any name."""
    pattern = re.sub(r"\\\$\\?\{?\w+\\?\}?|[A-Z]{3,}", "[a-z0-9-]+", re.escape(name))
    return any(kind == one and re.fullmatch(pattern, other) for one, other in names)
