"""Every task of the project; ``nox -l`` lists them."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True

LOCK = "requirements/dev.txt"
# What tests only read the data of: packages without what they need themselves.
DATA = "requirements/data.txt"
# Programs that no package registry of Python or npm has, by the Debian package that brings them.
DEBIAN = {
    "redis-server": "redis-server",
    "chromium": "chromium",
    "npm": "npm",
    "java": "default-jre-headless",
    "mvn": "maven",
    "dockerd": "docker.io",
    "debootstrap": "debootstrap",
}
# Checks that the overlays build; Debian's own is too old.
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"
# MongoDB's protocol for load where there is no mongod: the wheel's server is for a developer's
# clicks, at 300 requests/s it alone takes most of a core (docs/adr/0018).
MONGODB = ("secantus-mdb", "0.5.3-beta.196")
RUST = "1.98"
# What is measured is a start as in the image, which has its bytecode.
WITH_BYTECODE: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": None}


def install(session: nox.Session) -> None:
    """Installs the locked packages (hashes checked) and the project itself, editable.

    Skipped when this very lock was installed here before: that alone takes seconds.
    """
    content = b"".join(Path(name).read_bytes() for name in (LOCK, DATA, "pyproject.toml"))
    wanted = hashlib.sha256(content).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "--require-hashes", "-r", DATA)
    session.install("--no-deps", "-e", ".")
    stamp.write_text(wanted)


def install_programs(session: nox.Session, *programs: str, optional: tuple[str, ...] = ()) -> None:
    """Installs what is missing with apt as root; says clearly what to install otherwise."""
    missing = [name for name in (*programs, *optional) if shutil.which(name) is None]
    packages = [DEBIAN[name] for name in missing]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        apt = ("apt-get", "-qq", "-o", "Dpkg::Use-Pty=0")
        session.run(*apt, "update", external=True, success_codes=range(256))
        for package in packages:
            line = (*apt, "install", "-y", "--no-install-recommends", package)
            session.run(*line, external=True, env=quiet, success_codes=range(256))
    still = [name for name in missing if shutil.which(name) is None]
    if left := [DEBIAN[name] for name in still if name in programs]:
        session.error(
            f"install {' '.join(left)} first, e.g. `sudo apt-get install {' '.join(left)}`"
        )
    if left := [DEBIAN[name] for name in still]:
        session.warn(f"without {' '.join(left)} a stand-in is used; see `localdev status`")


def install_kustomize(session: nox.Session) -> None:
    """Builds it with Go, once, unless it is there; without it the suite asks a recent kubectl."""
    folder = Path(".cache/go/bin").resolve()
    session.env["PATH"] = f"{folder}{os.pathsep}{session.env.get('PATH') or os.environ['PATH']}"
    if shutil.which("kustomize", path=session.env["PATH"]) is None and shutil.which("go"):
        go = {"GOBIN": str(folder)}
        session.run("go", "install", KUSTOMIZE, external=True, env=go, success_codes=range(256))


def install_promtool(session: nox.Session) -> None:
    """Takes it out of Debian's package, which is not installed: that would start a server."""
    folder = Path(".cache/prometheus")
    if shutil.which("promtool") or (folder / "usr/bin/promtool").exists():
        return
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            session.run("apt-get", "-qq", "update", external=True, success_codes=range(256))
        with session.chdir(folder):
            session.run("apt-get", "-qq", "download", "prometheus", external=True)
            for package in Path().glob("prometheus_*.deb"):
                session.run("dpkg-deb", "-x", str(package), ".", external=True)


def install_mongodb(session: nox.Session) -> dict[str, str]:
    """Builds a server for load, once, with rustup (minutes); what `up` has to be told of it."""
    folder = Path(".cache/cargo").resolve()
    session.env["PATH"] = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    if shutil.which("mongod"):
        return {}
    built = folder / "bin/secantusd-rs"
    if not built.exists() and shutil.which("rustup"):
        any_status = range(256)
        toolchain = ("rustup", "toolchain", "install", RUST, "--profile", "minimal")
        session.run(*toolchain, external=True, success_codes=any_status)
        crate, version = MONGODB
        build = ("cargo", f"+{RUST}", "install", crate, "--version", version, "--locked")
        session.run(*build, "--root", str(folder), external=True, success_codes=any_status)
    if not built.exists():
        session.warn("without mongod and rustup the figures are those of SecantusDB's wheel")
        return {}
    return {"POPSHOP_ENGINES": "mongodb=secantusd-rs"}


def install_assets(session: nox.Session) -> None:
    """What the pages load in the browser, from the locked npm packages."""
    wanted = Path("node_modules/.package-lock.json")
    if not wanted.exists() or wanted.stat().st_mtime < Path("package-lock.json").stat().st_mtime:
        session.run("npm", "ci", "--no-audit", "--no-fund", "--silent", external=True)


def install_rivals(session: nox.Session) -> None:
    """What the benchmark measures the functions against: Express, and waitress in a folder."""
    folder = Path("tests/bench/express")
    wanted = folder / "node_modules/.package-lock.json"
    if (
        not wanted.exists()
        or wanted.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime
    ):
        quiet = ("--no-audit", "--no-fund", "--silent")
        session.run("npm", "ci", "--prefix", str(folder), *quiet, external=True)
    if not Path(".cache/bench/waitress").exists():
        lock = "tests/bench/requirements.txt"
        session.install("--target", ".cache/bench", "--require-hashes", "-r", lock)


@nox.session
def local(session: nox.Session) -> None:
    """Starts the shop with demo goods and logins; returns when it answers. ``-- --plan`` shows how.

    On Minikube where ``minikube`` and ``kubectl`` are on PATH; ``-- --runtime embedded`` never.
    """
    install(session)
    install_programs(session, "npm", optional=("redis-server", "java", "mvn"))
    install_assets(session)
    arguments = session.posargs or ["--seed", "demo"]
    # Minikube where it is installed, this machine's own processes otherwise.
    session.run("python", "-m", "localdev", "up", "--detach", "--runtime", "auto", *arguments)


@nox.session
def tests(session: nox.Session) -> None:
    """Runs the test suites."""
    install(session)
    install_programs(session, "npm", "chromium", optional=("redis-server", "java", "mvn"))
    install_assets(session)
    install_kustomize(session)
    install_promtool(session)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def image(session: nox.Session) -> None:
    """Builds the functions' image and tests it in containers; ``-- --tag T --save FILE``."""
    install(session)
    if shutil.which("docker") is None or not _answers("docker", "info"):
        install_programs(session, "dockerd", "debootstrap")
    session.run("python", "-m", "tests.image", *session.posargs)


def _answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@nox.session
def bench(session: nox.Session) -> None:
    """Measures everything side by side and writes docs/figures; ``-- --only NAME``, ``--quick``."""
    install(session)
    install_programs(session, "npm", optional=("redis-server", "java", "mvn"))
    install_assets(session)
    install_rivals(session)
    session.run("python", "-m", "tests.bench", *session.posargs, env=WITH_BYTECODE)


@nox.session
def soak(session: nox.Session) -> None:
    """Spikes from zero and back, ``-- --minutes 10``; or ``-- --users 1000`` at once."""
    install(session)
    install_programs(session, "npm", optional=("redis-server", "java", "mvn"))
    install_assets(session)
    environ = WITH_BYTECODE | install_mongodb(session)
    session.run("python", "-m", "tests.bench.soak", *session.posargs, env=environ)


@nox.session
def lint(session: nox.Session) -> None:
    """Checks style and format with ruff, and with deptry that every import is declared."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("deptry", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Checks the types with mypy, strictly."""
    install(session)
    session.run("mypy")


@nox.session
def render(session: nox.Session) -> None:
    """Renders manifests, gateway and API descriptions; ``-- --check`` only compares."""
    install(session)
    session.run("python", "-m", "knative.render", *session.posargs)


@nox.session
def arch(session: nox.Session) -> None:
    """Checks who may import whom with import-linter."""
    install(session)
    session.run("lint-imports")
