"""As much of `kubectl kustomize` as the overlays use: bases, generated ConfigMaps, patches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Manifest = dict[str, Any]
Read = Callable[[str], list[Manifest]]


def build(folder: Path, read: Read) -> list[Manifest]:
    file = folder / "kustomization.yaml"
    if not file.is_file():
        raise FileNotFoundError(f"unable to find 'kustomization.yaml' in directory '{folder}'")
    (wanted,) = read(file.read_text())
    found: list[Manifest] = []
    for name in wanted.get("resources", ()):
        path = folder / name
        found += build(path, read) if path.is_dir() else read(path.read_text())
    found += [_config_map(folder, item) for item in wanted.get("configMapGenerator", ())]
    for manifest in found:
        if "namespace" in wanted and manifest["kind"] != "Namespace":
            manifest["metadata"]["namespace"] = wanted["namespace"]
    for patch in wanted.get("patches", ()):
        _patch(found, patch, read)
    return found


def _config_map(folder: Path, wanted: Manifest) -> Manifest:
    data = {Path(name).name: (folder / name).read_text() for name in wanted["files"]}
    metadata = {"name": wanted["name"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _patch(manifests: list[Manifest], patch: Manifest, read: Read) -> None:
    target = patch["target"]
    for manifest in manifests:
        if _is_meant(manifest, target):
            operations: Any = read(patch["patch"])[0]
            for operation in operations:
                _operate(manifest, operation)


def _is_meant(manifest: Manifest, target: Manifest) -> bool:
    group, _, version = manifest["apiVersion"].rpartition("/")
    is_ours = {"kind": manifest["kind"], "group": group, "version": version}
    is_ours["name"] = manifest["metadata"]["name"]
    return all(is_ours[key] == value for key, value in target.items())


def _operate(manifest: Manifest, operation: Manifest) -> None:
    """One operation of RFC 6902: replace or add."""
    *parents, last = operation["path"].strip("/").split("/")
    place: Any = manifest
    for name in parents:
        place = place[int(name) if isinstance(place, list) else name]
    if isinstance(place, list):
        place[int(last)] = operation["value"]
    else:
        place[last.replace("~1", "/")] = operation["value"]
