"""Builds the image, with this machine's mirrors of PyPI and npm."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.image.base import DOCKERFILE, ROOT
from tests.image.engine import Engine

# Where the Dockerfile mounts the authority.
_CA = "/etc/popshop-ca.pem"
_CA_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PIP_OPTIONS = ("index-url", "extra-index-url", "trusted-host")


def build(engine: Engine, base: str, tag: str) -> None:
    """Builds ``tag`` on ``base``; ``EngineError`` with the builder's last lines if it fails."""
    with tempfile.TemporaryDirectory(prefix="popshop-build-") as name:
        secrets = [f"--secret=id={path.name},src={path}" for path in _write_settings(Path(name))]
        options = ("--network=host", f"--file={DOCKERFILE}", f"--build-arg=BASE={base}")
        engine.run("build", *options, *secrets, f"--tag={tag}", str(ROOT))


def _write_settings(folder: Path) -> Iterator[Path]:
    """The build's secrets, each in a file of its name; none where this machine needs none."""
    authority = next(filter(None, map(os.environ.get, _CA_VARIABLES)), None)
    pip, npm = _pip_settings(), _npm_settings()
    if authority:
        yield _written(folder / "ca", Path(authority).read_text())
        pip["cert"] = npm["cafile"] = _CA
    if pip:
        lines = (f"{name} = {value}" for name, value in pip.items())
        yield _written(folder / "pip", "\n".join(["[global]", *lines, ""]))
    if npm:
        yield _written(folder / "npm", "".join(f"{name}={value}\n" for name, value in npm.items()))


def _written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def _pip_settings() -> dict[str, str]:
    """Where pip fetches from, as its files and variables say (``:env:`` comes last and wins)."""
    found: dict[str, str] = {}
    for line in sorted(_said("pip", "config", "list").splitlines(), key=_is_of_environment):
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in _PIP_OPTIONS:
            found[option] = value.strip("'\"")
    return found


def _is_of_environment(line: str) -> bool:
    return line.startswith(":env:")


def _npm_settings() -> dict[str, str]:
    registry = _said("npm", "config", "get", "registry").strip()
    return {"registry": registry} if registry else {}


def _said(program: str, *arguments: str) -> str:
    """What a program prints; nothing where it is missing."""
    if shutil.which(program) is None:
        return ""
    command = [program, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
