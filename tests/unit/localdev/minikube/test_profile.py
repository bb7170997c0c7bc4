"""Everything at rest fits into the declared profile, with room for functions that wake."""

import math
import re

import pytest

from localdev.cluster.state import REPOSITORY
from localdev.minikube.manifests import group_of, read
from localdev.minikube.profile import FUNCTION, PROFILE, SYSTEM, Pods, dispatchers

# A page and what it wakes beforehand, several times over.
AWAKE = 16
_FACTORS = {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024}
_INITIAL, _MIN = "autoscaling.knative.dev/initial-scale", "autoscaling.knative.dev/min-scale"


def _milli(cpu):
    text = str(cpu)
    return int(text[:-1]) if text.endswith("m") else round(float(text) * 1000)


def _mib(memory):
    found = re.fullmatch(r"(\d+)(\wi)", str(memory))
    assert found, memory
    number, unit = found.groups()
    return math.ceil(int(number) * _FACTORS[unit])


def _pods(manifest):
    """What a workload requests: its containers', or an init container's if that is more."""
    spec = manifest["spec"]["template"]["spec"]
    own, first = spec["containers"], spec.get("initContainers", [])

    def asked(containers, name, read_as):
        return [read_as(item["resources"]["requests"][name]) for item in containers]

    cpu, memory = (
        max([sum(asked(own, name, read_as)), *asked(first, name, read_as)])
        for name, read_as in (("cpu", _milli), ("memory", _mib))
    )
    return Pods(manifest["metadata"]["name"], cpu, memory, manifest["spec"]["replicas"])


def _of(manifests, group, *kinds):
    return [item for item in manifests if group_of(item) == group and item["kind"] in kinds]


@pytest.fixture
def at_rest(rendered):
    manifests = [*rendered.data, *rendered.shop]
    ours = [_pods(item) for item in _of(manifests, "apps", "Deployment", "StatefulSet")]
    sources = _of(manifests, "sources.knative.dev", "KafkaSource")
    consumers = sum(item["spec"]["consumers"] for item in sources)
    return [*SYSTEM, dispatchers(consumers), *ours]


def test_functions_are_deployed_without_a_pod(rendered):
    functions = _of(rendered.shop, "serving.knative.dev", "Service")
    scales = {
        item["metadata"]["name"]: item["spec"]["template"]["metadata"]["annotations"]
        for item in functions
    }
    assert len(scales) > 100
    assert not [
        name for name, scale in scales.items() if (scale[_INITIAL], scale[_MIN]) != ("0", "0")
    ]


def test_the_cluster_allows_services_to_start_with_no_pod():
    base = read((REPOSITORY / "knative" / "base.yaml").read_text())
    (settings,) = [item for item in base if item["metadata"]["name"] == "config-autoscaler"]
    assert settings["data"]["allow-zero-initial-scale"] == "true"


def test_cpu_requests_fit(at_rest):
    resting = sum(pods.cpu_milli * pods.count for pods in at_rest)
    assert resting + AWAKE * FUNCTION.cpu_milli <= PROFILE.cpus * 1000


def test_memory_requests_fit(at_rest):
    resting = sum(pods.memory_mib * pods.count for pods in at_rest)
    assert resting + AWAKE * FUNCTION.memory_mib <= PROFILE.memory_mib


def test_pods_fit_even_when_every_function_is_awake(at_rest, rendered):
    functions = len(_of(rendered.shop, "serving.knative.dev", "Service"))
    jobs = len(_of([*rendered.data, *rendered.shop], "batch", "Job"))
    resting = sum(pods.count for pods in at_rest)
    assert resting + functions + jobs <= PROFILE.max_pods


def test_a_functions_requests_are_what_the_services_say(rendered):
    containers = [
        item["spec"]["template"]["spec"]["containers"][0]
        for item in _of(rendered.shop, "serving.knative.dev", "Service")
    ]
    memory = {_mib(item["resources"]["requests"]["memory"]) for item in containers}
    cpu = {_milli(item["resources"]["requests"]["cpu"]) for item in containers}
    queue_proxy = 25
    assert max(memory) <= FUNCTION.memory_mib
    assert max(cpu) + queue_proxy <= FUNCTION.cpu_milli


def test_volumes_fit_on_the_disk(rendered):
    claims = [
        claim["spec"]["resources"]["requests"]["storage"]
        for item in _of(rendered.data, "apps", "StatefulSet")
        for claim in item["spec"]["volumeClaimTemplates"]
    ]
    images_gib = 5
    assert sum(map(_mib, claims)) / 1024 + images_gib <= PROFILE.disk_gib
