"""Rules for Services: every row has one value that passes and one that is refused."""

import pytest

from tests.unit.knative.validate.samples import (
    ANNOTATIONS,
    CONTAINER,
    DROP,
    changed,
    domain_mapping,
    problems,
    route,
    service,
)

SPEC = "spec template spec"
HTTP = {"httpGet": {"path": "/healthz"}}
FIELD_REF = {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
SECRET_REF = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
SIDECAR = {"name": "side", "image": "busybox"}
MAIN = {"name": "main", "image": "busybox", "ports": [{"containerPort": 8080}]}

# where, accepted, refused, a word of the refusal
CONTAINER_ROWS = [
    ("name", "user-container", "queue-proxy", "reserved"),
    ("name", "main", "Main", "name"),
    ("image", "reg.example.com:5000/a/b:1.2", "Not An Image", "image"),
    ("image", "busybox", "", "image"),
    ("image", "a/b@sha256:" + "0" * 64, "a/b@sha256:123", "image"),
    ("terminationMessagePolicy", None, "Somewhere", "terminationMessagePolicy"),
    ("ports", [{"containerPort": 9000}], [{"containerPort": 9090}], "9090"),
    ("ports", [{"containerPort": 65535}], [{"containerPort": 65536}], "containerPort"),
    ("ports", [{"containerPort": 80}], [{"containerPort": 80}, {"containerPort": 81}], "one port"),
    ("ports", [{"name": "h2c"}], [{"name": "grpc"}], "name"),
    ("ports", [{"name": ""}], [{"name": "http"}], "name"),
    ("ports", [{"protocol": "TCP"}], [{"protocol": "UDP"}], "protocol"),
    ("ports", [{}], [{"hostPort": 80}], "hostPort"),
    ("ports", [{}], [{"hostIP": "1.2.3.4"}], "hostIP"),
    ("env", [{"name": "PORTS", "value": "1"}], [{"name": "PORT", "value": "1"}], "PORT"),
    ("env", [{"name": "K_SINK"}], [{"name": "K_SERVICE"}], "K_SERVICE"),
    ("env", [{"name": "A"}], [{"name": "K_CONFIGURATION"}], "K_CONFIGURATION"),
    ("env", [{"name": "A"}], [{"name": "K_REVISION"}], "K_REVISION"),
    ("env", [{"name": "A"}], [{"name": ""}], "name"),
    ("env", [{"name": "A"}, {"name": "B"}], [{"name": "A"}, {"name": "A"}], "twice"),
    ("env", [SECRET_REF], [FIELD_REF], "fieldRef"),
    ("env", [SECRET_REF], [{"name": "A", "valueFrom": {}}], "valueFrom"),
    ("env", [SECRET_REF], [{**SECRET_REF, "value": "x"}], "exclude"),
    ("envFrom", [{"secretRef": {"name": "s"}}], [{"prefix": "A_"}], "envFrom"),
    ("securityContext", {"privileged": False}, {"privileged": True}, "privileged"),
    ("securityContext", {"runAsUser": 2147483647}, {"runAsUser": 2147483648}, "runAsUser"),
    ("securityContext", {"runAsGroup": 0}, {"runAsGroup": -1}, "runAsGroup"),
    (
        "securityContext",
        {"capabilities": {"drop": ["ALL"]}},
        {"capabilities": {"add": ["NET_ADMIN"]}},
        "add",
    ),
    ("securityContext", {"runAsNonRoot": True}, {"procMount": "Default"}, "procMount"),
    ("securityContext", {"runAsUser": 1}, {"seLinuxOptions": {}}, "seLinuxOptions"),
    ("workingDir", "/app", DROP, None),
    ("args", ["-c"], "-c", "array"),
    ("command", ["sh"], "sh", "array"),
    ("resources", {"limits": {"cpu": 1, "memory": "1Gi"}}, {"limits": {"cpu": "much"}}, "cpu"),
    ("readinessProbe", HTTP, {}, "exactly one"),
    ("readinessProbe", HTTP, {**HTTP, "tcpSocket": {}}, "exactly one"),
    ("readinessProbe", {"grpc": {"port": 1}}, {"periodSeconds": 1}, "exactly one"),
    ("readinessProbe", {"tcpSocket": {"port": 9}}, {"tcpSocket": {"port": "admin"}}, "port"),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1, "timeoutSeconds": 1},
        {**HTTP, "timeoutSeconds": 1},
        "timeoutSeconds",
    ),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1, "failureThreshold": 3},
        {**HTTP, "periodSeconds": 0, "failureThreshold": 3},
        "failureThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "periodSeconds": 1},
        {**HTTP, "periodSeconds": 1, "failureThreshold": 0},
        "failureThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "successThreshold": 1},
        {**HTTP, "successThreshold": 0},
        "successThreshold",
    ),
    (
        "readinessProbe",
        {**HTTP, "initialDelaySeconds": 0},
        {**HTTP, "initialDelaySeconds": -1},
        "initialDelaySeconds",
    ),
    ("livenessProbe", {**HTTP, "failureThreshold": 3}, {"exec": {}, **HTTP}, "exactly one"),
    ("startupProbe", {"exec": {"command": ["true"]}}, {"httpGet": {"port": "x"}}, "port"),
]
ALWAYS_REFUSED = [
    ("lifecycle", {"preStop": {"exec": {"command": ["true"]}}}),
    ("stdin", True),
    ("stdinOnce", True),
    ("tty", True),
    ("volumeDevices", [{"name": "a", "devicePath": "/dev/a"}]),
]
SPEC_ROWS = [
    ("containerConcurrency", 1000, 1001, "containerConcurrency"),
    ("containerConcurrency", 0, -1, "containerConcurrency"),
    ("timeoutSeconds", 600, 601, "timeoutSeconds"),
    ("timeoutSeconds", 0, -1, "timeoutSeconds"),
    ("automountServiceAccountToken", False, True, "automountServiceAccountToken"),
    ("serviceAccountName", "shop", "Shop", "serviceAccountName"),
    ("containers", [SIDECAR], [], "container"),
    ("containers", [MAIN, SIDECAR], [{**MAIN, "ports": []}, SIDECAR], "port"),
    ("containers", [MAIN, SIDECAR], [MAIN, {**SIDECAR, "ports": [{}]}], "port"),
    ("containers", [MAIN, SIDECAR], [MAIN, {**SIDECAR, "name": "main"}], "main"),
    (
        "containers",
        [{**MAIN, "readinessProbe": HTTP}, SIDECAR],
        [MAIN, {**SIDECAR, "readinessProbe": HTTP}],
        "sidecar",
    ),
    (
        "containers",
        [MAIN, {**SIDECAR, "env": [{"name": "PORT", "value": "1"}]}],
        [MAIN, {**SIDECAR, "env": [{"name": "K_SERVICE"}]}],
        "K_SERVICE",
    ),
]
POD_FIELDS_REFUSED = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 5,
    "activeDeadlineSeconds": 5,
    "nodeName": "a",
    "hostname": "a",
    "subdomain": "a",
    "priority": 1,
    "readinessGates": [{"conditionType": "a"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [{"maxSkew": 1}],
    "hostAliases": [{"ip": "127.0.0.1"}],
    "nodeSelector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "runtimeClassName": "a",
    "dnsPolicy": "Default",
    "dnsConfig": {"nameservers": []},
    "securityContext": {"fsGroup": 1},
    "shareProcessNamespace": True,
    "hostIPC": True,
    "hostPID": True,
    "hostNetwork": True,
    "priorityClassName": "a",
    "schedulerName": "a",
    "initContainers": [{"name": "a"}],
}
AUTOSCALING = [
    ("class", "kpa.autoscaling.knative.dev", "x.autoscaling.knative.dev"),
    ("class", "keda.example.com", "other.knative.dev"),
    ("metric", "rps", "cpu"),
    ("target", "0.01", "0.001"),
    ("target-utilization-percentage", "70", "101"),
    ("target-burst-capacity", "-1", "-2"),
    ("target-burst-capacity", "0", "many"),
    ("window", "6s", "5s"),
    ("window", "1h", "1h1s"),
    ("window", "1m30s", "6500ms"),
    ("panic-window-percentage", "1", "0.5"),
    ("panic-threshold-percentage", "110", "109"),
    ("panic-threshold-percentage", "1000", "1001"),
    ("min-scale", "0", "-1"),
    ("max-scale", "2147483647", "2147483648"),
    ("initial-scale", "1", "0"),
    ("initial-scale", "3", "1.5"),
    ("activation-scale", "2", "1"),
    ("scale-down-delay", "0s", "1500ms"),
    ("scale-down-delay", "1h", "61m"),
    ("scale-to-zero-pod-retention-period", "1500ms", "-1s"),
    ("metric-aggregation-algorithm", "weighted-exponential", None),
    ("minScale", "1", "one"),
    ("targetBurstCapacity", "10", "ten"),
    ("scaleToZeroPodRetentionPeriod", "30s", "30"),
    ("min-scale", "1", ""),
]
ANNOTATION_ROWS = [
    ("serving.knative.dev/progress-deadline", "0s", "-1s"),
    ("serving.knative.dev/progress-deadline", "2m", "1500ms"),
    ("networking.knative.dev/ingress.class", "kourier", None),
    ("example.com/networking", "x", None),
]
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
TRAFFIC_ROWS = [
    ([{"percent": 100}], [{"percent": 99}], "100"),
    ([{"percent": 100, "latestRevision": True}], [{"percent": 101}], "percent"),
    ([{"percent": 100}, {"tag": "next"}], [{"percent": 110}, {"percent": -10}], "percent"),
    ([{"percent": 100, "tag": "now"}], [{"percent": 100, "tag": "Now"}], "tag"),
    (
        [{"percent": 50, "tag": "a"}, {"percent": 50, "tag": "b"}],
        [{"percent": 50, "tag": "a"}, {"percent": 50, "tag": "a"}],
        "twice",
    ),
    (
        [{"percent": 100, "revisionName": "cart-settle-1"}],
        [{"percent": 100, "revisionName": "cart-settle-1", "latestRevision": True}],
        "latestRevision",
    ),
    (
        [{"percent": 100, "revisionName": "x", "latestRevision": False}],
        [{"percent": 100, "latestRevision": False}],
        "latestRevision",
    ),
    ([{"percent": 100}], [{"percent": 100, "configurationName": "x"}], "configurationName"),
    ([{"percent": 100}], [{"percent": 100, "url": "http://x"}], "url"),
    ([], [{}], "100"),
]


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), CONTAINER_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_containers(where, accepted, refused, word):
    check(f"{CONTAINER} {where}", accepted, refused, word)


@pytest.mark.parametrize(("field", "value"), ALWAYS_REFUSED)
@pytest.mark.usefixtures("either_schema")
def test_container_fields_that_are_always_refused(field, value):
    check(f"{CONTAINER} {field}", None, value, field)


@pytest.mark.parametrize(("where", "accepted", "refused", "word"), SPEC_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_revision_spec(where, accepted, refused, word):
    check(f"{SPEC} {where}", accepted, refused, word)


@pytest.mark.parametrize(("field", "value"), POD_FIELDS_REFUSED.items())
@pytest.mark.usefixtures("either_schema")
def test_pod_fields_that_are_off(field, value):
    check(f"{SPEC} {field}", None, value, field)


@pytest.mark.parametrize(("name", "accepted", "refused"), AUTOSCALING)
@pytest.mark.usefixtures("either_schema")
def test_autoscaling_annotations(name, accepted, refused):
    check(f"{ANNOTATIONS} autoscaling.knative.dev/{name}", accepted, refused, name)


@pytest.mark.parametrize(("name", "accepted", "refused"), ANNOTATION_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_other_annotations(name, accepted, refused):
    check(f"{ANNOTATIONS} {name}", accepted, refused, name)


@pytest.mark.parametrize(
    ("accepted", "refused", "word"),
    [
        ({"min-scale": "2", "max-scale": "2"}, {"min-scale": "2", "max-scale": "1"}, "max-scale"),
        ({"min-scale": "2", "max-scale": "0"}, {"min-scal": "2"}, "min-scal"),
        (
            {"activation-scale": "3", "max-scale": "3"},
            {"activation-scale": "4", "max-scale": "3"},
            "max-scale",
        ),
        (
            {"activation-scale": "3", "min-scale": "3"},
            {"activation-scale": "3", "min-scale": "4"},
            "min-scale",
        ),
        (
            {"class": "hpa.autoscaling.knative.dev", "metric": "cpu"},
            {"class": "hpa.autoscaling.knative.dev", "metric": ""},
            "metric",
        ),
        (
            {"metric-aggregation-algorithm": "any"},
            {
                "class": "kpa.autoscaling.knative.dev",
                "metric-aggregation-algorithm": "any",
            },
            "metric-aggregation-algorithm",
        ),
    ],
)
@pytest.mark.usefixtures("either_schema")
def test_autoscaling_annotations_together(accepted, refused, word):
    prefixed = [
        {f"autoscaling.knative.dev/{name}": value for name, value in row.items()}
        for row in (accepted, refused)
    ]
    check(ANNOTATIONS, *prefixed, word)


def test_initial_scale_zero_passes_where_the_cluster_allows_it():
    body = changed(service(), f"{ANNOTATIONS} autoscaling.knative.dev/initial-scale", "0")
    assert problems(body, allow_zero_initial_scale=True) == []


@pytest.mark.parametrize(("accepted", "refused", "word"), VOLUME_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_volumes(accepted, refused, word):
    mounted = changed(
        service(), f"{CONTAINER} volumeMounts", [{"name": "data", "mountPath": "/data"}]
    )
    volumes = [[{"name": "data", **source}] for source in (accepted, refused)]
    check(f"{SPEC} volumes", *volumes, word, body=mounted)


@pytest.mark.parametrize(("field", "accepted", "refused", "word"), MOUNT_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_volume_mounts(field, accepted, refused, word):
    body = changed(service(), f"{SPEC} volumes", [{"name": "data", "emptyDir": {}}])
    mounts = [
        [{"name": "data", "mountPath": "/data", field: value}] for value in (accepted, refused)
    ]
    check(f"{CONTAINER} volumeMounts", *mounts, word, body=body)


@pytest.mark.usefixtures("either_schema")
def test_a_volume_nobody_mounts_is_refused():
    volumes = [{"name": "data", "emptyDir": {}}]
    check(f"{SPEC} volumes", [], volumes, "no container mounts")


@pytest.mark.usefixtures("either_schema")
def test_two_mounts_at_one_path_are_refused():
    volumes = [{"name": name, "emptyDir": {}} for name in ("a", "b")]
    body = changed(service(), f"{SPEC} volumes", volumes)
    apart = [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}]
    same = [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/a/"}]
    check(f"{CONTAINER} volumeMounts", apart, same, "twice", body=body)


@pytest.mark.parametrize(("accepted", "refused", "word"), TRAFFIC_ROWS)
@pytest.mark.usefixtures("either_schema")
def test_service_traffic(accepted, refused, word):
    check("spec traffic", accepted, refused, word)


@pytest.mark.parametrize(
    ("where", "accepted", "refused", "word"),
    [
        ("metadata name", "cart-settle", "Cart", "DNS-1035"),
        ("metadata name", "c" * 63, "c" * 64, "DNS-1035"),
        ("metadata name", "cart-2", "2-cart", "DNS-1035"),
        ("metadata", {"generateName": "cart-"}, {"labels": {}}, "name"),
        ("spec template metadata name", "cart-settle-2", "cart-2", "begin"),
        ("metadata annotations", {}, {"autoscaling.knative.dev/min-scale": "1"}, "belongs"),
        ("metadata annotations serving.knative.dev/rollout-duration", "10s", "1.5s", "rollout"),
        ("metadata annotations serving.knative.dev/rollout-duration", "0s", "-1s", "rollout"),
        ("metadata labels networking.knative.dev/visibility", "cluster-local", "x", "visibility"),
        (
            "spec template metadata annotations",
            {"networking.knative.dev/ingress-class": "x"},
            {"networking.knative.dev/visibility": "x"},
            "visibility",
        ),
        ("metadata annotations", {"a/b": "0"}, {"a/b": 0}, "string"),
        ("metadata", {"name": "cart-settle"}, {"name": "cart-settle", "labls": {}}, "labls"),
        ("spec template metadata", {"labels": {}}, {"anotations": {}}, "annotations"),
        ("spec template metadata", {}, {"name": 1}, "string"),
        ("metadata", {"name": "x"}, DROP, "metadata"),
        ("status", {}, [], "status"),
    ],
)
@pytest.mark.usefixtures("crds")
def test_service_metadata(where, accepted, refused, word):
    check(where, accepted, refused, word)


@pytest.mark.parametrize("spec", [{}, {"template": {}}, {"template": {"spec": {"containers": []}}}])
@pytest.mark.usefixtures("either_schema")
def test_a_service_without_a_container_is_refused(spec):
    assert problems(service()) == []
    assert problems(changed(service(), "spec", spec))


@pytest.mark.parametrize(
    ("accepted", "refused", "word"),
    [
        ([{"configurationName": "a", "percent": 100}], [{"percent": 100}], "configurationName"),
        ([{"revisionName": "a", "percent": 100}], [], "100"),
        (
            [{"configurationName": "a", "percent": 100, "latestRevision": True}],
            [{"configurationName": "a", "percent": 100, "latestRevision": False}],
            "latestRevision",
        ),
        (
            [{"revisionName": "a", "percent": 100}],
            [{"revisionName": "a", "percent": 100, "latestRevision": True}],
            "latestRevision",
        ),
        (
            [{"revisionName": "a", "percent": 100}],
            [{"revisionName": "a", "configurationName": "a", "percent": 100}],
            "exactly one",
        ),
    ],
)
@pytest.mark.usefixtures("crds")
def test_route_traffic(accepted, refused, word):
    check("spec traffic", accepted, refused, word, body=route())


@pytest.mark.parametrize(
    ("where", "accepted", "refused", "word"),
    [
        ("metadata name", "shop.example.com", "shop", "domain"),
        ("metadata name", "a.b", "cart.popshop.svc.cluster.local", "cluster-local"),
        ("metadata", {"name": "a.b"}, {"generateName": "shop."}, "generateName"),
        ("metadata", {"name": "a.b"}, {"name": "a.b", "generateName": "shop."}, "generateName"),
        ("spec tls", {"secretName": "cert"}, {}, "secretName"),
        ("spec ref", {"kind": "Service", "name": "a"}, DROP, "ref"),
    ],
)
@pytest.mark.usefixtures("crds")
def test_domain_mapping(where, accepted, refused, word):
    check(where, accepted, refused, word, body=domain_mapping())


def test_a_configuration_and_a_revision_obey_the_same_rules(crds):
    template = changed(service(), f"{SPEC} timeoutSeconds", 601)["spec"]["template"]
    configuration = {**service(), "kind": "Configuration", "spec": {"template": template}}
    revision = {**service(), "kind": "Revision", "spec": template["spec"]}
    assert [problem.path for problem in problems(configuration)] == [
        "spec.template.spec.timeoutSeconds"
    ]
    assert [problem.path for problem in problems(revision)] == ["spec.timeoutSeconds"]


def check(where, accepted, refused, word, *, body=None):
    """None stands for "left out", and for "nothing to refuse"."""
    body = body or service()
    fine = body if accepted is None else changed(body, where, accepted)
    assert problems(fine) == []
    if refused is not None and word is not None:
        found = [str(problem) for problem in problems(changed(body, where, refused))]
        assert any(word in text for text in found), found or "nothing was refused"
