"""A library is loaded where an adapter needs it, and nowhere else: importing costs a start."""

import subprocess
import sys
from pathlib import Path

import pytest

from knative.render.discover import discover
from shared.runtime.declare import Spec
from shared.runtime.wiring import parameters_of

ROOT = Path(__file__).parents[2]
# By library: the adapters' modules that bring it in. None for what is only loaded on first use, as
# an invoice or a call of Stripe is; minio brings argon2 along.
HOMES = {
    "PIL": {"shared.products.pictures"},
    "argon2": {"shared.auth.passwords", "shared.products.objects"},
    "fpdf": set(),
    "jwt": {"shared.auth.tokens"},
    "kafka": {"shared.ops.kafka"},
    "minio": {"shared.products.objects"},
    "redis": {"shared.auth.redis", "shared.notifications.redis"},
    "smtplib": {"shared.notifications.smtp"},
    "stripe": set(),
}
SPECS = discover(ROOT)
_LOAD = "import importlib, sys; [importlib.import_module(n) for n in sys.argv[2:]]; {}"
_CHECK = "sys.exit(sys.argv[1] in sys.modules)"


def adapters_of(spec: Spec) -> set[str]:
    """The modules of a function's adapters."""
    return {item.adapter.__module__ for item in parameters_of(spec) if item.adapter}


def is_loaded(library: str, specs: list[Spec]) -> bool:
    """Whether a fresh interpreter has the library once it has imported these functions."""
    modules = [f"functions.{spec.context}.{spec.name}" for spec in specs]
    argv = [sys.executable, "-c", _LOAD.format(_CHECK), library, *modules]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert not done.stderr, done.stderr
    return bool(done.returncode)


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_loaded_where_it_is_needed_alone(library):
    needed = [spec for spec in SPECS if adapters_of(spec) & HOMES[library]]
    others = [spec for spec in SPECS if spec not in needed]
    assert bool(needed) == bool(HOMES[library])
    assert not is_loaded(library, others)
    assert is_loaded(library, needed) == bool(needed)
