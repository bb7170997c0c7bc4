"""The image's base: the one that the Dockerfile pins, or Debian from its packages."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.options import say
from tests.image.engine import Engine, EngineError

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "knative/Dockerfile"
_CACHED = ROOT / ".cache/image/bookworm.tar"
_NAME = "popshop-base:bookworm"
_SUITE, _PACKAGES = "bookworm", "python3-venv,ca-certificates"
# What Debian's slim images leave out, too.
_LEFT_OUT = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "var/log")


def pinned_base() -> str:
    """The Dockerfile's own choice: a name with its digest."""
    found = re.search(r"^ARG BASE=(\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert found, f"{DOCKERFILE} names no base"
    return found[1]


def base_in(engine: Engine, wanted: str) -> str:
    """``wanted`` if the engine has it or a registry gives it, else the stand-in.

    The stand-in is Debian with its Python 3.11, for machines that reach no registry: it shows that
    the image builds and works, and is nothing to release (its packages are of the day of building).
    """
    if engine.result("image", "inspect", wanted).returncode == 0:
        return wanted
    pulled = engine.result("pull", "--quiet", wanted)
    if pulled.returncode == 0:
        return wanted
    why = pulled.stderr.decode().strip().splitlines()[-1:]
    say(f"{wanted} cannot be pulled ({''.join(why)}): {_NAME} takes its place")
    if engine.result("image", "inspect", _NAME).returncode:
        engine.run("import", str(_debian()), _NAME)
    return _NAME


def _debian() -> Path:
    """The root of the stand-in as a tar, made once."""
    if _CACHED.exists():
        return _CACHED
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise EngineError(
            "the base cannot be pulled; as root with debootstrap installed one is made of Debian's "
            "packages, or give one that the engine has: `nox -s image -- --base NAME`"
        )
    _CACHED.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="popshop-base-") as name:
        root = Path(name) / "root"
        _call("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root))
        for part in _LEFT_OUT:
            shutil.rmtree(root / part)
            (root / part).mkdir()
        tar = _CACHED.with_suffix(".part")
        _call("tar", "--numeric-owner", "-C", str(root), "-cf", str(tar), ".")
    return tar.rename(_CACHED)


def _call(*command: str) -> None:
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        said = (ended.stdout + ended.stderr).splitlines()[-10:]
        raise EngineError("\n".join([f"{command[0]} failed:", *said]))
