"""Finds every declared function below ``functions/``."""

import importlib
from pathlib import Path

from shared.runtime.declare import Spec, spec_of

ROOT = Path(__file__).parents[2]


def discover(root: Path = ROOT) -> list[Spec]:
    """The specs of all functions, ordered by service name.

    Raises ``TypeError`` for a file whose function of the same name is not declared.
    """
    files = sorted(root.glob("functions/*/*.py"))
    specs = [_load(root, path) for path in files if path.stem != "__init__"]
    return sorted(specs, key=lambda spec: spec.service_name)


def _load(root: Path, path: Path) -> Spec:
    module = importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
    function = getattr(module, path.stem, None)
    if function is None:
        raise TypeError(f"{path.relative_to(root)} has no function named {path.stem}")
    return spec_of(function)


def source_of(spec: Spec) -> str:
    """The function's file relative to the project, e.g. ``functions/cart/get_cart.py``."""
    return f"functions/{spec.context}/{spec.name}.py"
