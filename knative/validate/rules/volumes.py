"""Volumes of a Revision and where its containers mount them."""

import posixpath
from collections.abc import Iterator
from typing import Any

from knative.validate.problem import Finding
from knative.validate.rules.values import is_dns_1123_label

Part = dict[str, Any]

_ALLOWED = ("secret", "configMap", "projected", "emptyDir")
_OFF_BY_DEFAULT = ("hostPath", "csi", "ephemeral", "image", "persistentVolumeClaim")
_PROJECTED = ("secret", "configMap", "serviceAccountToken", "downwardAPI")
_NAME_FIELDS = {"secret": "secretName", "configMap": "name"}
_RESERVED_PATHS = frozenset({"/", "/dev", "/dev/log"})


def volumes(spec: Part, path: str) -> Iterator[Finding]:
    """Volumes and mounts match each other one by one."""
    declared = spec.get("volumes", [])
    names = [volume["name"] for volume in declared]
    mounted: set[str] = set()
    for index, container in enumerate(spec.get("containers", [])):
        at = f"{path}.containers[{index}].volumeMounts"
        mounts = container.get("volumeMounts", [])
        mounted |= {mount["name"] for mount in mounts}
        yield from _mounts(mounts, at, frozenset(names))
    for index, volume in enumerate(declared):
        at = f"{path}.volumes[{index}]"
        yield from _volume(volume, at)
        if volume["name"] not in mounted:
            yield Finding(at, f"no container mounts the volume {volume['name']!r}")
        if volume["name"] in names[:index]:
            yield Finding(f"{at}.name", f"two volumes are named {volume['name']!r}")


def _mounts(mounts: list[Part], path: str, names: frozenset[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        at, target = f"{path}[{index}]", posixpath.normpath(mount["mountPath"] or ".")
        if mount["name"] not in names:
            yield Finding(f"{at}.name", f"there is no volume {mount['name']!r}")
        if not target.startswith("/"):
            yield Finding(f"{at}.mountPath", f"{mount['mountPath']!r} must be an absolute path")
        if target in _RESERVED_PATHS:
            yield Finding(f"{at}.mountPath", f"{target} is reserved")
        if target in seen:
            yield Finding(f"{at}.mountPath", f"{target} is mounted twice")
        seen.add(target)
        if mount.get("mountPropagation"):
            yield Finding(f"{at}.mountPropagation", "refused: its feature flag is off by default")


def _volume(volume: Part, path: str) -> Iterator[Finding]:
    if not is_dns_1123_label(volume["name"]):
        yield Finding(f"{path}.name", f"{volume['name']!r} is no DNS-1123 label")
    for kind in _OFF_BY_DEFAULT:
        if kind in volume:
            yield Finding(f"{path}.{kind}", "refused: its feature flag is off by default")
    sources = [kind for kind in (*_ALLOWED, *_OFF_BY_DEFAULT) if kind in volume]
    if len(sources) != 1:
        found = " and ".join(sources) or "none"
        yield Finding(path, f"exactly one of {', '.join(_ALLOWED)} is required, found {found}")
    yield from _named_source(volume, path)
    yield from _empty_dir(volume.get("emptyDir", {}), f"{path}.emptyDir")
    yield from _projected(volume.get("projected"), f"{path}.projected")


def _named_source(volume: Part, path: str) -> Iterator[Finding]:
    for kind, field in _NAME_FIELDS.items():
        if kind in volume and not volume[kind].get(field):
            yield Finding(f"{path}.{kind}.{field}", "required")


def _empty_dir(source: Part, path: str) -> Iterator[Finding]:
    for field in sorted(source.keys() - {"medium", "sizeLimit"}):
        yield Finding(f"{path}.{field}", "unknown field")
    if source.get("medium", "") not in ("", "Memory"):
        yield Finding(f"{path}.medium", f"must be empty or Memory, not {source['medium']!r}")
    if str(source.get("sizeLimit", "")).startswith("-"):
        yield Finding(f"{path}.sizeLimit", f"must be >= 0, not {source['sizeLimit']}")


def _projected(projected: Part | None, path: str) -> Iterator[Finding]:
    if projected is None:
        return
    if not projected.get("sources"):
        yield Finding(f"{path}.sources", "required")
    for index, source in enumerate(projected.get("sources", ())):
        at = f"{path}.sources[{index}]"
        if len(source) != 1:
            yield Finding(at, f"exactly one of {', '.join(_PROJECTED)} is required")
        for kind in ("secret", "configMap"):
            if kind in source and not source[kind].get("name"):
                yield Finding(f"{at}.{kind}.name", "required")
