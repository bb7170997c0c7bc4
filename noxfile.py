"""Every task of the project; ``nox -l`` lists them."""

import nox

nox.options.sessions = ["tests"]
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True

LOCK = "requirements/dev.txt"


def install(session: nox.Session) -> None:
    """Installs the locked packages (hashes checked) and the project itself, editable."""
    session.install("--require-hashes", "-r", LOCK)
    session.install("--no-deps", "-e", ".")


@nox.session
def tests(session: nox.Session) -> None:
    """Runs the test suites."""
    install(session)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Checks style and format with ruff."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Checks the types with mypy, strictly."""
    install(session)
    session.run("mypy")


@nox.session
def arch(session: nox.Session) -> None:
    """Checks who may import whom with import-linter."""
    install(session)
    session.run("lint-imports")
