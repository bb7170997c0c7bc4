"""The image: what goes into its build, and the steps that build it into Minikube's store."""

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

from localdev.minikube.model import IMAGE, Command, Request, Step, minikube

_DOCKERFILE = "knative/Dockerfile"
_IGNORED = "__pycache__"


def context(root: Path) -> list[str]:
    """What Dockerfile.dockerignore lets into the build, below ``root``; the Dockerfile first.

    Minikube knows no other name than .dockerignore and would send everything.
    """
    ignore = (root / f"{_DOCKERFILE}.dockerignore").read_text(encoding="utf-8")
    kept = [line[1:].strip() for line in ignore.splitlines() if line.startswith("!")]
    return [_DOCKERFILE, *kept]


def tag_of(root: Path) -> str:
    """The image with a tag that names its content, e.g. ``dev.local/popshop:0f3c...``.

    Whatever changes gets another tag: pods never run something older than what was built.
    """
    digest = hashlib.sha256()
    for file in sorted(_files(root)):
        is_program = bool(file.stat().st_mode & stat.S_IXUSR)
        name = f"{file.relative_to(root)} {is_program:d}\n"
        digest.update(name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"{IMAGE}:{digest.hexdigest()[:16]}"


def _files(root: Path) -> Iterator[Path]:
    for name in context(root):
        path = root / name
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (item for item in found if item.is_file() and _IGNORED not in item.parts)


def image_step(request: Request, image: str) -> Step:
    """Builds the image, unless the store has it; looks for it, since a failed build may end well.

    (`minikube image build` ended with status 0 whatever happened: kubernetes/minikube#12556.)
    """
    # Minikube unpacks it into a folder of this name, which a killed build leaves there.
    archive = request.state / f"image-{image.rpartition(':')[2]}.tar"
    options = ("--file", str(archive), f"--exclude={_IGNORED}", "--directory", str(request.root))
    packed = ("tar", "--create", *options, *context(request.root))
    built = ("image", "build", "--file", _DOCKERFILE, "--tag", image, str(archive))
    profile = request.profile

    listed = minikube(profile, "image", "ls", "--format=short")
    is_there = Command(argv=listed, expects=image)
    return Step(
        name=f"building {image}",
        commands=(
            Command(argv=packed),
            Command(argv=minikube(profile, *built), patience_seconds=1800),
            is_there,
            Command(argv=("rm", "-f", str(archive))),
        ),
        is_done=is_there,
        failure=f"image not found: {image} was not built into the store of {profile.name}; "
        "the base image, PyPI and npm have to be reachable from it",
    )
