"""The steps that put the shop into a cluster with Knative, in waves."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from localdev.minikube.manifests import (
    Manifest,
    in_waves,
    of_kind,
    secret_references,
    show,
    with_image,
)
from localdev.minikube.model import (
    HOSTS,
    NAMESPACE,
    PORT,
    Command,
    Request,
    Step,
    apply,
    kubectl,
    rollout,
    wait,
)
from localdev.minikube.secrets import Secrets, secrets_step

_GATEWAY = "service/popshop-gateway"
_DATA = (NAMESPACE, "kafka")
_UNPULLED = (
    "pods that cannot pull dev.local/popshop: the image is not in this profile's store; "
    "run `up` again, it builds it"
)
# After its wave, what has to be true of everything of a kind.
_READY = {
    "topics": ("kafkasink",),
    "functions": ("ksvc",),
    "sources": ("kafkasource", "pingsource"),
}
_NAMES = {
    "policies": "applying network policies",
    "topics": "making topics (KafkaSinks)",
    "jobs": "making indexes and the bucket",
    "deployments": "starting gateway, authoriser and socket",
    "functions": "deploying functions (Knative Services)",
    "sources": "connecting events and schedules (KafkaSources, PingSources)",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What kustomize makes of the overlay for Minikube: the data services, and the shop."""

    data: list[Manifest]
    shop: list[Manifest]


def shop_steps(request: Request, rendered: Rendered, image: str) -> Iterator[Step]:
    """Configuration, certificates, secrets, data services, the shop, and a way to it."""
    yield _configuration(request)
    yield certificates_step(request)
    references = secret_references([*rendered.data, *rendered.shop])
    yield secrets_step(request, Secrets(request, references))
    waves = in_waves(with_image(rendered.shop, image))
    yield _wave(request, "policies", waves.pop("policies"))
    yield _data(request, rendered.data)
    for name, manifests in waves.items():
        yield _wave(request, name, manifests)
    yield _forward(request)
    yield from _seed(request, rendered, image)


def _configuration(request: Request) -> Step:
    file = request.root / "knative" / "base.yaml"
    base = request.with_port(file.read_text(encoding="utf-8"))
    return Step(
        name="applying namespace and configuration",
        commands=(apply(request.profile, manifest=base),),
        namespaces=("knative-serving",),
    )


def certificates_step(request: Request) -> Step:
    """A certificate for both hosts, by mkcert or our own authority."""
    folder = request.certificates
    leaf, key = folder / "leaf.pem", folder / "leaf-key.pem"
    if not request.has_mkcert:
        own = (sys.executable, "-m", "localdev.minikube.authority", str(folder))
        return Step(name="making a certificate (own authority)", commands=(Command(argv=own),))
    argv = ("mkcert", "-cert-file", str(leaf), "-key-file", str(key), *HOSTS)
    return Step(
        name="making a certificate (mkcert)",
        commands=(Command(argv=("mkdir", "-p", "-m", "700", str(folder))), Command(argv=argv)),
        is_done=Command(argv=("test", "-s", str(leaf), "-a", "-s", str(key))),
        failure="mkcert made no certificate; without mkcert on PATH an own authority is made",
    )


def _data(request: Request, manifests: list[Manifest]) -> Step:
    namespaces = [item for item in manifests if item["kind"] == "Namespace"]
    others = [item for item in manifests if item["kind"] != "Namespace"]
    return Step(
        name="starting data services (MongoDB, Kafka, Redis, S3, mail)",
        commands=(
            *_forget_jobs(request, manifests),
            apply(request.profile, manifest=show([*namespaces, *others])),
            *_settled(request, manifests),
        ),
        failure="a data service did not start",
        namespaces=_DATA,
    )


def _wave(request: Request, name: str, manifests: list[Manifest]) -> Step:
    ready = [
        wait(request.profile, "Ready", kind, "--all", "--namespace", NAMESPACE, seconds=900)
        for kind in _READY.get(name, ())
    ]
    return Step(
        name=f"{_NAMES[name]}: {len(manifests)}",
        commands=(
            *_forget_jobs(request, manifests),
            apply(request.profile, manifest=show(manifests)),
            *_settled(request, manifests),
            *ready,
        ),
        failure=_UNPULLED,
        namespaces=(NAMESPACE, "knative-eventing")
        if name in {"topics", "sources"}
        else (NAMESPACE,),
    )


def _forget_jobs(request: Request, manifests: Iterable[Manifest]) -> Iterator[Command]:
    """A Job cannot be changed, only made anew."""
    for _, name, namespace in of_kind(manifests, "Job"):
        gone = ("delete", "job", name, "--namespace", namespace, "--ignore-not-found")
        yield Command(argv=kubectl(request.profile, *gone))


def _settled(request: Request, manifests: Iterable[Manifest]) -> Iterator[Command]:
    profile = request.profile
    manifests = list(manifests)
    for kind, name, namespace in of_kind(manifests, "Deployment", "StatefulSet"):
        yield rollout(profile, kind, name, namespace)
    for _, name, namespace in of_kind(manifests, "Job"):
        yield wait(profile, "Complete", f"job/{name}", "--namespace", namespace)


def _forward(request: Request) -> Step:
    """`minikube tunnel` would need root; this ends with `down`, or when the gateway's pod does."""
    argv = ("port-forward", "--namespace", NAMESPACE, _GATEWAY, f"{request.port}:{PORT}")
    return Step(
        name=f"opening https://{HOSTS[0]}:{request.port}",
        commands=(Command(argv=kubectl(request.profile, *argv), port=request.port),),
        failure=f"port {request.port} was free when `up` began; is it now?",
        namespaces=(NAMESPACE,),
    )


def _seed(request: Request, rendered: Rendered, image: str) -> Iterator[Step]:
    """The shop has to answer; with a seed, it gets its logins, an administrator and goods."""
    name = "waiting for the first page"
    if request.seed == "none":
        yield Step(name=name, commands=(_program(request, "answers"),), namespaces=(NAMESPACE,))
        return
    job = make_admin(rendered.shop, "admin@popshop.example", image)
    yield Step(
        name=f"{name}, making logins",
        commands=(_program(request, "answers"), _program(request, "register")),
        namespaces=(NAMESPACE,),
    )
    yield Step(
        name="making the administrator",
        commands=(
            *_forget_jobs(request, [job]),
            apply(request.profile, manifest=show([job])),
            *_settled(request, [job]),
        ),
        namespaces=(NAMESPACE,),
    )
    yield Step(
        name=f"seeding ({request.seed})", commands=(_program(request, "fill", request.seed),)
    )


def _program(request: Request, *arguments: str) -> Command:
    port = ("--port", str(request.port))
    options = ("--state", str(request.state), "--authority", str(request.authority), *port)
    argv = (sys.executable, "-m", "localdev.minikube.seeding", *options, *arguments)
    return Command(argv=argv, patience_seconds=1800)


def make_admin(shop: Iterable[Manifest], email: str, image: str) -> Manifest:
    """A Job that makes a registered person an administrator: the indexes' with another program."""
    pattern = next(item for item in shop if item["metadata"]["name"] == "create-indexes")
    (job,) = with_image([pattern], image)
    job["metadata"]["name"] = "make-admin"
    job["spec"]["template"]["metadata"]["labels"] |= {
        "popshop/context": "auth",
        "popshop/to-mongodb": "true",
        "popshop/to-events": "true",
    }
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["name"] = "make-admin"
    container["command"] = ["python", "-m", "shared.auth.make_admin", email]
    container["env"] = [
        _variable("MONGO_URL", "secretKeyRef", "popshop-mongo-auth", "url"),
        _variable("EVENT_KEY_AUTH", "secretKeyRef", "popshop-events-auth", "key"),
        _variable("SINK_URL", "configMapKeyRef", "popshop-config", "sink-url"),
    ]
    return job


def _variable(name: str, member: str, of: str, key: str) -> dict[str, object]:
    return {"name": name, "valueFrom": {member: {"name": of, "key": key}}}


def overlay(request: Request, part: str = "") -> Path:
    """The overlay's folder; ``part`` "data" for the data services."""
    return request.root / "knative" / "overlays" / "minikube" / part
