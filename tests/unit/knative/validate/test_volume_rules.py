"""Volumes and their mounts."""

from typing import Any

import pytest

from tests.unit.knative.validate.samples import CONTAINER, changed, check, service

SPEC = "spec template spec"
VOLUME_ROWS = [
    ({"secret": {"secretName": "s"}}, {"secret": {}}, "secretName"),
    ({"configMap": {"name": "c"}}, {"configMap": {}}, "name"),
    ({"emptyDir": {"medium": "Memory"}}, {"emptyDir": {"medium": "HugePages"}}, "medium"),
    ({"emptyDir": {"sizeLimit": "1Gi"}}, {"emptyDir": {"sizeLimit": "-1"}}, "sizeLimit"),
    ({"emptyDir": {}}, {"emptyDir": {"size": 1}}, "size"),
    ({"emptyDir": {}}, {"emptyDir": {}, "secret": {"secretName": "s"}}, "exactly one"),
    ({"emptyDir": {}}, {}, "exactly one"),
    ({"emptyDir": {}}, {"hostPath": {"path": "/x"}}, "hostPath"),
    ({"emptyDir": {}}, {"csi": {"driver": "x"}}, "csi"),
    ({"emptyDir": {}}, {"ephemeral": {}}, "ephemeral"),
    ({"emptyDir": {}}, {"image": {"reference": "x"}}, "image"),
    ({"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "x"}}, "persistentVolumeClaim"),
    ({"emptyDir": {}}, {"nfs": {"server": "x"}}, "nfs"),
    (
        {"projected": {"sources": [{"secret": {"name": "s"}}]}},
        {"projected": {"sources": [{"secret": {}}]}},
        "name",
    ),
    (
        {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {"projected": {"sources": [{"secret": {"name": "s"}, "configMap": {"name": "c"}}]}},
        "exactly one",
    ),
    ({"emptyDir": {}}, {"projected": {"sources": []}}, "sources"),
]
MOUNT_ROWS = [
    ("mountPath", "/data", "data", "absolute"),
    ("mountPath", "/data", "/", "reserved"),
    ("mountPath", "/dev/shm", "/dev", "reserved"),
    ("mountPath", "/devices", "/dev/log/", "reserved"),
    ("name", "data", "other", "other"),
    ("readOnly", True, "yes", "boolean"),
    ("subPath", "a", 1, "string"),
    ("mountPropagation", "", "HostToContainer", "mountPropagation"),
]


@pytest.mark.parametrize(("accepted", "refused", "word"), VOLUME_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_volumes(accepted: Any, refused: Any, word: str) -> None:
    mounted = changed(
        service(), f"{CONTAINER} volumeMounts", [{"name": "data", "mountPath": "/data"}]
    )
    check(
        mounted,
        f"{SPEC} volumes",
        [{"name": "data", **accepted}],
        [{"name": "data", **refused}],
        word,
    )


@pytest.mark.parametrize(("field", "accepted", "refused", "word"), MOUNT_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_volume_mounts(field: str, accepted: Any, refused: Any, word: str) -> None:
    body = changed(service(), f"{SPEC} volumes", [{"name": "data", "emptyDir": {}}])
    mount = {"name": "data", "mountPath": "/data"}
    check(
        body,
        f"{CONTAINER} volumeMounts",
        [{**mount, field: accepted}],
        [{**mount, field: refused}],
        word,
    )


@pytest.mark.usefixtures("either_schema")
def test_a_volume_nobody_mounts_is_refused() -> None:
    volumes: list[dict[str, Any]] = [{"name": "data", "emptyDir": {}}]
    check(service(), f"{SPEC} volumes", [], volumes, "no container mounts")


@pytest.mark.usefixtures("either_schema")
def test_two_mounts_at_one_path_are_refused() -> None:
    volumes: list[dict[str, Any]] = [{"name": name, "emptyDir": {}} for name in ("a", "b")]
    body = changed(service(), f"{SPEC} volumes", volumes)
    apart = [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}]
    same = [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/a/"}]
    check(body, f"{CONTAINER} volumeMounts", apart, same, "twice")
