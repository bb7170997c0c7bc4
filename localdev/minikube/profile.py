"""The Minikube profile, and what is in it besides the shop.

The sums are checked by a test: everything at rest, and room for functions that wake.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A cluster of one node; memory in MiB, disk in GiB.

    ``max_pods``: Kubernetes' own 110 is less than all functions awake at once.
    """

    name: str = "popshop"
    cpus: int = 4
    memory_mib: int = 8192
    disk_gib: int = 30
    max_pods: int = 220


@dataclass(frozen=True, slots=True)
class Pods:
    """So many pods that each request so much: CPU in thousandths of a core, memory in MiB."""

    name: str
    cpu_milli: int
    memory_mib: int
    count: int = 1


# The machine keeps this for itself, Minikube and a browser.
RESERVED_MIB = 2048

# A function's own requests (any knative/services) and those of the queue-proxy beside it
# (serving config/core/configmaps/deployment.yaml: queue-sidecar-cpu-request; no memory).
FUNCTION = Pods("function and queue-proxy", 50, 64)

# 1000m as released: a quarter of this machine for a dispatcher that mostly waits.
SOURCE_DISPATCHER_CPU_MILLI, SOURCE_DISPATCHER_MEMORY_MIB = 100, 700

# requests of the release files that versions.py names, and of kubeadm's static pods.
SYSTEM = (
    # kubernetes cmd/kubeadm/app/phases/{controlplane,etcd,addons/dns}, minikube's CNI and storage
    Pods("kube-apiserver", 250, 0),
    Pods("kube-controller-manager", 200, 0),
    Pods("kube-scheduler", 100, 0),
    Pods("etcd", 100, 100),
    Pods("coredns", 100, 70),
    Pods("kube-proxy", 0, 0),
    Pods("kindnet", 100, 50),
    Pods("storage-provisioner", 0, 0),
    # serving config/core/deployments
    Pods("activator", 300, 60),
    Pods("autoscaler", 100, 100),
    Pods("controller", 100, 100),
    Pods("webhook", 100, 100),
    # net-kourier config/300-{controller,gateway}.yaml
    Pods("net-kourier-controller", 200, 200),
    Pods("3scale-kourier-gateway", 200, 200),
    # eventing config/core/deployments; the ping adapter wakes with the first PingSource
    Pods("eventing-controller", 100, 100),
    Pods("eventing-webhook", 100, 50),
    Pods("job-sink", 125, 64),
    Pods("request-reply", 0, 0),
    Pods("pingsource-mt-adapter", 125, 64),
    # eventing-kafka-broker control-plane/config, data-plane/config; the sink's receiver requests
    # nothing; a dispatcher has room for 20 consumers (POD_CAPACITY)
    Pods("kafka-controller", 100, 100),
    Pods("kafka-webhook-eventing", 20, 20),
    Pods("kafka-sink-receiver", 0, 0),
)
CONSUMERS_OF_A_DISPATCHER = 20

PROFILE = Profile()


def dispatchers(consumers: int) -> Pods:
    """The pods that read Kafka for so many consumers of KafkaSources."""
    count = -(-consumers // CONSUMERS_OF_A_DISPATCHER)
    cpu, memory = SOURCE_DISPATCHER_CPU_MILLI, SOURCE_DISPATCHER_MEMORY_MIB
    return Pods("kafka-source-dispatcher", cpu, memory, count)
