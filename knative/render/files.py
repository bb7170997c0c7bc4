"""Writes rendered files, and tells which checked-in ones are stale, missing or extra."""

from collections.abc import Iterator, Mapping
from pathlib import Path

Rendered = Mapping[str, str]

# Everything in these folders is rendered: a file that no declaration leads to any more is extra.
OWNED = (
    "knative/services",
    "knative/deployments",
    "knative/jobs",
    "knative/policies",
    "knative/data/mongodb/contexts",
    "eventing/sources",
    "eventing/sinks",
    "eventing/pings",
)


def write(root: Path, rendered: Rendered) -> list[str]:
    """Writes what differs and deletes what is extra; returns one line per change."""
    changes = differences(root, rendered)
    for change in changes:
        state, _, name = change.partition(" ")
        path = root / name
        if state == "extra":
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered[name], encoding="utf-8")
    return changes


def differences(root: Path, rendered: Rendered) -> list[str]:
    """Lines such as ``stale knative/services/cart-get-cart.yaml``; empty when all is fresh."""
    found = [
        f"{'stale' if (root / name).exists() else 'missing'} {name}"
        for name, text in sorted(rendered.items())
        if not (root / name).exists() or (root / name).read_text(encoding="utf-8") != text
    ]
    return found + [f"extra {name}" for name in _present(root) if name not in rendered]


def _present(root: Path) -> Iterator[str]:
    for folder in OWNED:
        for path in sorted((root / folder).glob("*.yaml")):
            yield str(path.relative_to(root))
