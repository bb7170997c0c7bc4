"""The steps up to a cluster with Knative in it."""

import json
from typing import Any

from localdev.minikube import versions
from localdev.minikube.model import Command, MinikubeError, Request, Step, apply, kubectl, minikube
from localdev.minikube.model import wait as waiting
from localdev.minikube.profile import SOURCE_DISPATCHER_CPU_MILLI, SOURCE_DISPATCHER_MEMORY_MIB

_LABEL = "popshop-installed"
_OFFLINE = "Knative's release files come from github.com: is there a way to it?"
_KOURIER_CLASS = "kourier.ingress.networking.knative.dev"
_DISPATCHER = "statefulset/kafka-source-dispatcher"


def cluster_steps(request: Request) -> tuple[Step, ...]:
    """Versions, the profile, Knative Serving and Eventing."""
    return (_versions(), _profile(request), _start(request), _serving(request), _eventing(request))


def _versions() -> Step:
    return Step(
        name="checking minikube and kubectl",
        commands=(
            Command(argv=("minikube", "version", "--output=json"), check=check_minikube),
            Command(argv=("kubectl", "version", "--client", "--output=json"), check=check_kubectl),
        ),
        failure="Neither may be older than this; newer ones are at their addresses: "
        + ", ".join(versions.WHERE.values()),
    )


def check_minikube(output: str) -> None:
    """Refuses a Minikube that does not know our Kubernetes."""
    found = versions.parse(json.loads(output)["minikubeVersion"])
    if found < versions.OLDEST_MINIKUBE:
        raise MinikubeError(
            f"minikube is {versions.show(found)}; {versions.show(versions.OLDEST_MINIKUBE)} or "
            f"later is needed: {versions.WHERE['minikube']}"
        )


def check_kubectl(output: str) -> str | None:
    """Refuses a kubectl that is too old for our Kubernetes; a remark on one that is newer."""
    found = versions.parse(json.loads(output)["clientVersion"]["gitVersion"])
    if found < versions.OLDEST_KUBECTL:
        raise MinikubeError(
            f"kubectl is {versions.show(found)}; Kubernetes {versions.KUBERNETES} needs "
            f"{versions.show(versions.OLDEST_KUBECTL)} or later: {versions.WHERE['kubectl']}"
        )
    if found > versions.NEWEST_KUBECTL:
        newest = versions.show(versions.NEWEST_KUBECTL)
        return f"kubectl is {versions.show(found)}; up to {newest} is tried with this Kubernetes"
    return None


def check_machine(request: Request, memory_mib: int) -> None:
    """Refuses a machine without the memory for the profile and for itself."""
    profile = request.profile
    needed = profile.memory_mib
    if memory_mib < needed:
        raise MinikubeError(
            f"this machine has {memory_mib} MiB of memory; the profile {profile.name} takes "
            f"{needed} MiB. `--runtime embedded` runs the shop in less than 2 GiB"
        )


def _profile(request: Request) -> Step:
    def check(output: str) -> None:
        check_profile(request, json.loads(output))

    command = Command(argv=("minikube", "profile", "list", "--output=json"), check=check)
    return Step(name="looking for the profile", commands=(command,))


def check_profile(request: Request, listed: dict[str, Any]) -> None:
    """Refuses a profile of that name with another driver or too little in it."""
    wanted = request.profile
    found = [item for item in listed.get("valid") or () if item["Name"] == wanted.name]
    anew = (
        "; `python -m localdev down --runtime minikube --delete-profile` makes room for a new one"
    )
    for item in found:
        config = item["Config"]
        if request.driver and config["Driver"] != request.driver:
            raise MinikubeError(
                f"the profile {wanted.name} has the driver {config['Driver']}, "
                f"not {request.driver}{anew}"
            )
        if config["Memory"] < wanted.memory_mib or config["CPUs"] < wanted.cpus:
            raise MinikubeError(
                f"the profile {wanted.name} has {config['CPUs']} CPUs and {config['Memory']} MiB; "
                f"{wanted.cpus} and {wanted.memory_mib} MiB are needed{anew}"
            )


def _start(request: Request) -> Step:
    profile = request.profile
    options = [f"--driver={request.driver}"] if request.driver else []
    options += [
        f"--cpus={profile.cpus}",
        f"--memory={profile.memory_mib}mb",
        f"--disk-size={profile.disk_gib}g",
        f"--kubernetes-version={versions.KUBERNETES}",
        # BuildKit builds the image then; Docker's runtime in Minikube is going away.
        "--container-runtime=containerd",
        f"--extra-config=kubelet.max-pods={profile.max_pods}",
        "--keep-context=true",
        "--interactive=false",
    ]
    command = Command(argv=minikube(profile, "start", *options), patience_seconds=1200)
    return Step(
        name=f"starting the profile {profile.name}",
        commands=(command,),
        is_done=Command(argv=minikube(profile, "status")),
        failure="minikube did not start; `minikube logs -p popshop` has more",
    )


def _serving(request: Request) -> Step:
    profile, namespace = request.profile, "knative-serving"
    patch = json.dumps({"data": {"ingress-class": _KOURIER_CLASS}})
    network = ("patch", "configmap/config-network", "--namespace", namespace, "--type=merge")
    commands = (
        apply(profile, "--filename", versions.SERVING_CRDS),
        _established(request, versions.SERVING_CRDS),
        apply(profile, "--filename", versions.SERVING_CORE),
        apply(profile, "--filename", versions.KOURIER_ALL),
        Command(argv=kubectl(profile, *network, f"--patch={patch}")),
        *_available(request, namespace, "kourier-system"),
        _label(request, namespace),
    )
    name = f"installing Knative Serving and Kourier ({versions.SERVING})"
    return _installing(request, name, namespace, "kourier-system", commands=commands)


def _eventing(request: Request) -> Step:
    profile, namespace = request.profile, "knative-eventing"
    requests = f"cpu={SOURCE_DISPATCHER_CPU_MILLI}m,memory={SOURCE_DISPATCHER_MEMORY_MIB}Mi"
    smaller = ("set", "resources", _DISPATCHER, "--namespace", namespace, f"--requests={requests}")
    files = (versions.KAFKA_CONTROLLER, versions.KAFKA_SOURCE, versions.KAFKA_SINK)
    commands = (
        apply(profile, "--filename", versions.EVENTING_CRDS),
        _established(request, versions.EVENTING_CRDS),
        apply(profile, "--filename", versions.EVENTING_CORE),
        *(apply(profile, "--filename", file) for file in files),
        Command(argv=kubectl(profile, *smaller)),
        *_available(request, namespace),
        _label(request, namespace),
    )
    name = f"installing Knative Eventing with Kafka source and sink ({versions.EVENTING})"
    return _installing(request, name, namespace, commands=commands)


def _installing(
    request: Request, name: str, *namespaces: str, commands: tuple[Command, ...]
) -> Step:
    """The label comes last, so that it says that everything before it is there."""
    said = f"--for=jsonpath={{.metadata.labels.{_LABEL}}}={versions.INSTALLED[namespaces[0]]}"
    asked = ("wait", said, f"namespace/{namespaces[0]}", "--timeout=1s")
    return Step(
        name=name,
        commands=commands,
        is_done=Command(argv=kubectl(request.profile, *asked)),
        failure=_OFFLINE,
        namespaces=namespaces,
    )


def _established(request: Request, file: str) -> Command:
    return waiting(request.profile, "Established", "--filename", file, seconds=120)


def _available(request: Request, *namespaces: str) -> tuple[Command, ...]:
    every = ("deployment", "--all", "--namespace")
    return tuple(waiting(request.profile, "Available", *every, name) for name in namespaces)


def _label(request: Request, namespace: str) -> Command:
    label = f"{_LABEL}={versions.INSTALLED[namespace]}"
    return Command(
        argv=kubectl(request.profile, "label", "namespace", namespace, label, "--overwrite")
    )
