"""The built overlays: valid, complete, restricted, and what each environment is to be."""

import pytest

from knative.validate import check_references, check_selectors, validate
from tests.integration.knative.overlays.built import containers_of, pod_of, with_base

AUTHORIZER = "auth-authorize-request"
SIZES = {
    "minikube": {"cpu": "25m", "memory": "64Mi"},
    "production": {"cpu": "100m", "memory": "256Mi"},
}
MEMBERS = {"minikube": 1, "production": 3}
DATABASES = {"auth", "cart", "notifications", "ops", "orders", "payments", "products"}
# Made by an operator or by `localdev up --runtime minikube`, never in git.
SECRET = "Secret/popshop-"
RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def of_kind(documents, kind, group=None):
    return [d for d in documents if d.kind == kind and (group is None or d.group == group)]


def named(documents, kind, name):
    (found,) = [d for d in documents if (d.kind, d.name) == (kind, name)]
    return found.body


def secrets_of(documents):
    """The names of all Secrets that are referred to, as `check_references` knows them."""
    text = "\n".join(str(problem) for problem in check_references(documents))
    return {f"Secret/{part.split(chr(39))[0]}" for part in text.split("no Secret '")[1:]}


def test_a_cluster_takes_every_manifest(everything):
    problems = validate(with_base(everything), allow_zero_initial_scale=True)
    assert [str(problem) for problem in problems] == []


def test_every_name_and_every_selector_finds_something(everything):
    documents = with_base(everything)
    known = secrets_of(documents)
    assert known
    assert all(name.startswith(SECRET) for name in known)
    found = [*check_references(documents, frozenset(known)), *check_selectors(documents)]
    assert [str(problem) for problem in found] == []


def test_nothing_is_in_two_overlays(shop, data):
    def keys(documents):
        return {(d.group, d.kind, d.namespace, d.name) for d in documents}

    assert keys(shop) & keys(data) == set()


def test_no_secret_is_in_a_manifest(everything):
    assert of_kind(everything, "Secret") == []


def test_every_pod_keeps_to_the_restricted_standard(everything):
    for document in everything:
        pod = pod_of(document)
        if not pod:
            continue
        whole = pod.get("securityContext", {})
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), document.label
        for container in containers_of(document):
            own = container["securityContext"]
            assert own.items() >= RESTRICTED.items(), document.label
            assert own["readOnlyRootFilesystem"], document.label
            assert {**whole, **own}["runAsNonRoot"], document.label
            assert {**whole, **own}["runAsUser"] > 0, document.label
            profile = {**whole, **own}["seccompProfile"]
            assert profile == {"type": "RuntimeDefault"}, document.label


def test_no_pod_gets_a_token_of_the_cluster(everything):
    pods = {d.label: pod for d in everything if (pod := pod_of(d))}
    assert {name for name, pod in pods.items() if pod["automountServiceAccountToken"]} == set()


def test_every_container_says_what_it_needs_and_what_it_may_have(everything):
    for document in everything:
        for container in containers_of(document):
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys(), document.label
            assert "memory" in resources["limits"], document.label
            assert ":" in container["image"] or container["image"].startswith("dev.local/")


def test_what_runs_on_is_probed(everything):
    for kind in ("Deployment", "StatefulSet", "Service"):
        for document in of_kind(everything, kind):
            for container in pod_of(document).get("containers", ()):
                assert {"readinessProbe", "livenessProbe"} <= container.keys(), document.label


def test_data_is_on_volumes_that_stay(data):
    """An emptyDir is for /tmp alone."""
    for document in of_kind(data, "StatefulSet"):
        (container,) = containers_of(document)
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        claims = [c["metadata"]["name"] for c in document.body["spec"]["volumeClaimTemplates"]]
        assert claims == ["data"], document.label
        passing = (
            [v["name"] for v in pod_of(document)["volumes"] if "emptyDir" in v]
            if ("volumes" in pod_of(document))
            else []
        )
        assert {mounts[name] for name in passing} <= {"/tmp"}, document.label


def test_functions_ask_for_what_the_environment_has(shop, environment):
    functions = of_kind(shop, "Service", "serving.knative.dev")
    assert len(functions) > 100
    always_on = [
        d for d in of_kind(shop, "Deployment") if "popshop/function" in d.metadata["labels"]
    ]
    assert len(always_on) == 2
    for document in [*functions, *always_on]:
        (container,) = containers_of(document)
        requests = container["resources"]["requests"]
        if document.name == AUTHORIZER:
            # Every click waits for it, so it has no less than this anywhere.
            assert requests == SIZES[environment] | {"cpu": "100m"}
        else:
            assert requests == SIZES[environment], document.label


def test_functions_are_reached_from_inside_alone_and_start_at_none(shop):
    for document in of_kind(shop, "Service", "serving.knative.dev"):
        assert document.metadata["labels"]["networking.knative.dev/visibility"] == "cluster-local"
        annotations = document.body["spec"]["template"]["metadata"]["annotations"]
        assert annotations["autoscaling.knative.dev/initial-scale"] == "0", document.label
    opened = [d.name for d in of_kind(shop, "Service", "") if "type" in d.body["spec"]]
    assert opened == ["popshop-gateway"]


def test_every_context_has_a_database_of_its_own(data, environment):
    found = {d.name: d.body["spec"] for d in of_kind(data, "StatefulSet") if "mongo" in d.name}
    assert found.keys() == {f"popshop-mongo-{context}" for context in DATABASES}
    assert {spec["replicas"] for spec in found.values()} == {MEMBERS[environment]}
    for name in found:
        (setup,) = containers_of(_document(data, "Job", f"{name}-setup"))
        variables = {item["name"]: item["value"] for item in setup["env"]}
        assert variables["MEMBERS"] == str(MEMBERS[environment])


def _document(documents, kind, name):
    (found,) = [d for d in documents if (d.kind, d.name) == (kind, name)]
    return found


def test_a_database_lets_in_its_own_functions_alone(data):
    for context in DATABASES:
        spec = named(data, "NetworkPolicy", f"popshop-mongo-{context}")["spec"]
        (rule,) = spec["ingress"]
        peers = [peer["podSelector"]["matchLabels"] for peer in rule["from"]]
        assert peers == [
            {"popshop/context": context, "popshop/to-mongodb": "true"},
            {"popshop/to-every-mongodb": "true"},
            {"app.kubernetes.io/name": f"popshop-mongo-{context}"},
        ]


def test_every_policy_names_its_peers(everything):
    """A rule without peers would be open to everybody; the gateway's door is the only one."""
    for document in of_kind(everything, "NetworkPolicy"):
        spec = document.body["spec"]
        for rule in spec.get("egress", ()):
            assert rule.get("to"), document.label
        for rule in spec.get("ingress", ()):
            assert rule.get("from") or document.name == "gateway", document.label


@pytest.mark.parametrize("environment", ["production"], indirect=True)
class TestProduction:
    def test_no_broker_is_alone(self, data):
        assert named(data, "KafkaNodePool", "dual")["spec"]["replicas"] == 3
        config = named(data, "Kafka", "popshop")["spec"]["kafka"]["config"]
        assert (config["default.replication.factor"], config["min.insync.replicas"]) == (3, 2)
        assert config["offsets.topic.replication.factor"] == 3

    def test_every_topic_that_is_published_to_is_there_with_three_copies(self, shop, data):
        topics = {d.name: d.body["spec"] for d in of_kind(data, "KafkaTopic")}
        sinks = [d.body["spec"] for d in of_kind(shop, "KafkaSink")]
        assert topics.keys() == {spec["topic"] for spec in sinks}
        for spec in topics.values():
            assert (spec["partitions"], spec["replicas"]) == (4, 3)
            assert spec["config"] == {"retention.ms": 604_800_000, "min.insync.replicas": 2}
        # Knative would make the topic where these are given, with one copy or with its own rules.
        assert not any({"numPartitions", "replicationFactor"} & spec.keys() for spec in sinks)

    def test_strimzis_objects_belong_to_the_cluster_that_is_there(self, data):
        for document in data:
            if document.kind in {"KafkaTopic", "KafkaNodePool"}:
                assert document.metadata["labels"]["strimzi.io/cluster"] == "popshop"

    def test_what_is_always_on_grows_and_survives_a_drained_node(self, shop):
        names = {document.name for document in of_kind(shop, "Deployment")}
        scaled = {
            d.body["spec"]["scaleTargetRef"]["name"]: d.body["spec"]
            for d in of_kind(shop, "HorizontalPodAutoscaler")
        }
        assert scaled.keys() == names
        assert all(spec["minReplicas"] >= 2 for spec in scaled.values())
        assert {d.name for d in of_kind(shop, "PodDisruptionBudget")} == names
        for document in of_kind(shop, "Deployment"):
            # A number here would undo the autoscaler's with every `apply`.
            assert "replicas" not in document.body["spec"]
            spread = pod_of(document)["topologySpreadConstraints"]
            assert [item["topologyKey"] for item in spread] == [
                "kubernetes.io/hostname",
                "topology.kubernetes.io/zone",
            ]

    def test_no_image_is_a_local_one(self, everything):
        images = {c["image"] for d in everything for c in containers_of(d)}
        assert not [image for image in images if image.startswith("dev.local")]

    def test_members_of_a_database_are_on_different_nodes(self, data):
        for document in of_kind(data, "StatefulSet"):
            if document.body["spec"]["replicas"] > 1:
                affinity = pod_of(document)["affinity"]["podAntiAffinity"]
                (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
                assert term["topologyKey"] == "kubernetes.io/hostname"

    def test_mails_go_to_a_real_server(self, shop, data):
        assert "Deployment/popshop-mail" not in {d.label for d in data}
        host = named(shop, "ConfigMap", "popshop-config")["data"]["smtp-host"]
        assert not host.endswith(".svc.cluster.local")


@pytest.mark.parametrize("environment", ["minikube"], indirect=True)
class TestMinikube:
    def test_there_is_one_of_everything(self, everything):
        for document in everything:
            if document.kind in {"Deployment", "StatefulSet"}:
                assert document.body["spec"]["replicas"] == 1, document.label

    def test_what_is_asked_for_fits_on_a_laptop(self, everything):
        """Of what always runs; functions come and go."""
        asked = sum(
            mebibytes(container["resources"]["requests"]["memory"])
            for document in everything
            if document.kind in {"Deployment", "StatefulSet"}
            for container in pod_of(document)["containers"]
        )
        assert asked < 3 * 1024


def mebibytes(quantity):
    units = {"Mi": 1, "Gi": 1024}
    return int(quantity[:-2]) * units[quantity[-2:]]
