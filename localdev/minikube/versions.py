"""What is installed in the cluster, pinned, and where its release files are."""

from collections.abc import Iterator

Version = tuple[int, int, int]

# Knative 1.23 asks for Kubernetes 1.34 or later; Minikube knows that one since 1.37.
KUBERNETES = "v1.34.0"
OLDEST_MINIKUBE: Version = (1, 37, 0)
# kubectl may be one minor version away from the server (Kubernetes' version skew policy).
OLDEST_KUBECTL: Version = (1, 33, 0)
NEWEST_KUBECTL: Version = (1, 35, 999)

SERVING = "knative-v1.23.0"
KOURIER = "knative-v1.23.0"
EVENTING = "knative-v1.23.0"
KAFKA = "knative-v1.23.0"

_GITHUB = "https://github.com"
SERVING_CRDS = f"{_GITHUB}/knative/serving/releases/download/{SERVING}/serving-crds.yaml"
SERVING_CORE = f"{_GITHUB}/knative/serving/releases/download/{SERVING}/serving-core.yaml"
KOURIER_ALL = f"{_GITHUB}/knative-extensions/net-kourier/releases/download/{KOURIER}/kourier.yaml"
EVENTING_CRDS = f"{_GITHUB}/knative/eventing/releases/download/{EVENTING}/eventing-crds.yaml"
EVENTING_CORE = f"{_GITHUB}/knative/eventing/releases/download/{EVENTING}/eventing-core.yaml"
_KAFKA_RELEASE = f"{_GITHUB}/knative-extensions/eventing-kafka-broker/releases/download/{KAFKA}"
KAFKA_CONTROLLER = f"{_KAFKA_RELEASE}/eventing-kafka-controller.yaml"
KAFKA_SOURCE = f"{_KAFKA_RELEASE}/eventing-kafka-source.yaml"
KAFKA_SINK = f"{_KAFKA_RELEASE}/eventing-kafka-sink.yaml"

# Namespace -> what its label says when all of these releases are installed in it.
INSTALLED = {"knative-serving": f"{SERVING}.{KOURIER}", "knative-eventing": f"{EVENTING}.{KAFKA}"}

WHERE = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "minikube": "https://minikube.sigs.k8s.io/docs/start/",
}


def parse(text: str) -> Version:
    """``(1, 34, 2)`` of ``v1.34.2-something``; ``ValueError`` for anything else."""
    numbers = text.removeprefix("v").partition("-")[0].partition("+")[0].split(".")
    major, minor, patch = (int(number) for number in numbers)
    return major, minor, patch


def show(version: Version) -> str:
    """``1.34.2``; without the last number where any will do."""
    return ".".join(_parts(version))


def _parts(version: Version) -> Iterator[str]:
    any_patch = 999
    yield from map(str, version[:2])
    if version[2] != any_patch:
        yield str(version[2])
