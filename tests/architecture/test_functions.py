import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.declare import Spec, spec_of
from shared.runtime.wiring import parameters_of

ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in ROOT.glob("functions/*/*.py") if path.stem != "__init__")


def spec_in(path: Path) -> Spec:
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return spec_of(getattr(module, path.stem))


def test_there_are_functions_and_their_names_are_unique():
    stems = [path.stem for path in FILES]
    assert stems
    assert len(set(stems)) == len(stems)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_function_is_named_verb_noun_and_documented(path):
    spec = spec_in(path)
    assert "_" in path.stem
    assert (spec.name, spec.context) == (path.stem, path.parent.name)
    assert spec.summary.endswith(".")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_can_be_filled(path):
    parameters_of(spec_in(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_function_file_has_no_plumbing(path):
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported.isdisjoint({"json", "os", "flask", "pymongo", "redis"})
    assert len(path.read_text().splitlines()) <= 100


def test_imports_are_silent():
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES]
    program = (
        "import socket, importlib\n"
        "def refuse(*a, **k): raise AssertionError('network at import')\n"
        "socket.socket.connect = refuse\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_kernel_imports_the_standard_library_alone():
    for path in (ROOT / "shared/kernel").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("shared.kernel"), path
