"""The whole plan: every step in order, from what was asked for and what is rendered."""

import shlex
import subprocess
from collections.abc import Iterable, Iterator

from localdev.minikube.cluster import cluster_steps
from localdev.minikube.image import image_step, tag_of
from localdev.minikube.manifests import read
from localdev.minikube.model import Command, MinikubeError, Request, Step
from localdev.minikube.shop import Rendered, overlay, shop_steps

_END = "END_OF_MANIFEST"


def plan_of(request: Request, rendered: Rendered) -> tuple[Step, ...]:
    """The steps that bring up the shop; running them again changes nothing that is right."""
    image = tag_of(request.root)
    configuration, *others = shop_steps(request, rendered, image)
    built = image_step(request, image)
    return (*cluster_steps(request), configuration, built, *others)


def render(request: Request) -> Rendered:
    """What `kubectl kustomize`, which needs no cluster, makes of the overlay."""
    data, shop = (
        read(request.with_port(_run(("kubectl", "kustomize", str(overlay(request, part))))))
        for part in ("data", "")
    )
    return Rendered(data, shop)


def _run(argv: tuple[str, ...]) -> str:
    asked = subprocess.run(argv, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise MinikubeError(f"{shlex.join(argv)}: {asked.stderr.strip()}")
    return asked.stdout


def as_shell(steps: Iterable[Step]) -> str:
    """The plan as a shell script, with manifests in here-documents and without secrets."""
    return "\n".join(_lines(steps)) + "\n"


def _lines(steps: Iterable[Step]) -> Iterator[str]:
    yield "set -e"
    for number, step in enumerate(steps, 1):
        yield f"\n# {number}. {step.name}"
        if step.is_done:
            yield f"if ! {_line(step.is_done)}; then"
        for command in step.commands:
            yield _line(command)
        if step.is_done:
            yield "fi"


def _line(command: Command) -> str:
    line = shlex.join(command.argv)
    if command.expects:
        return f"{line} | grep -qF {shlex.quote(command.expects)}"
    if command.is_background:
        return f"{line} &"
    if command.manifest:
        return f"{line} <<'{_END}'\n{command.manifest.rstrip()}\n{_END}"
    return line
