from pathlib import Path

import pytest
import yaml

from functions.auth.authorize_request import authorize_request
from knative.render.deployments import deployment
from knative.render.environment import environment_of
from knative.render.eventing import ping, sink, source, topics
from knative.render.everything import render
from knative.render.jobs import create_indexes
from knative.render.policies import policies
from knative.render.services import service
from knative.validate import load_documents, validate
from shared.runtime.declare import Every, spec_of
from tests.unit.knative.render import declared


def variables(spec):
    return {item["name"]: item for item in environment_of(spec)}


def key_of(item):
    (reference,) = item["valueFrom"].values()
    return f"{reference['name']}/{reference['key']}"


def test_a_function_gets_the_settings_of_its_adapters_and_no_others():
    assert set(variables(declared.LIST)) == {
        "FUNCTION_SOURCE",
        "FUNCTION_TARGET",
        "MONGO_URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "EVENT_KEY_STOCK",
        "SINK_URL",
    }
    assert key_of(variables(declared.LIST)["MONGO_URL"]) == "popshop-mongo-stock/url"
    assert "configMapKeyRef" in variables(declared.LIST)["SINK_URL"]["valueFrom"]


def test_a_function_names_its_file_and_itself():
    found = variables(declared.LIST)
    assert found["FUNCTION_SOURCE"]["value"] == "functions/stock/list_things.py"
    assert found["FUNCTION_TARGET"]["value"] == "list_things"


def test_an_authorised_route_gets_its_contexts_identity_key():
    assert key_of(variables(declared.CHANGE)["IDENTITY_KEY"]) == "popshop-identity-stock/key"
    assert key_of(variables(declared.STREAM)["IDENTITY_KEY"]) == (
        "popshop-identity-notifications/key"
    )


def test_a_setting_with_a_default_may_be_absent():
    bucket = variables(declared.CHANGE)["S3_BUCKET"]["valueFrom"]["secretKeyRef"]
    assert bucket == {"name": "popshop-s3", "key": "bucket", "optional": True}


def test_a_reaction_gets_the_keys_of_its_producers():
    found = variables(declared.NOTE)
    assert key_of(found["EVENT_KEY_ORDERS"]) == "popshop-events-orders/key"
    assert key_of(found["EVENT_KEY_PRODUCTS"]) == "popshop-events-products/key"
    assert "IDENTITY_KEY" not in found


def test_an_internal_route_gets_the_key_of_the_call_instead_of_the_gateways():
    found = variables(declared.PLACE)
    assert key_of(found["ORDERS_CALL_KEY"]) == "popshop-orders-call/key"
    assert "IDENTITY_KEY" not in found


def test_the_authorizer_reaches_functions_where_the_cluster_says_how():
    spec = spec_of(authorize_request)
    reference = variables(spec)["SERVICE_URL"]["valueFrom"]["configMapKeyRef"]
    assert reference == {"name": "popshop-config", "key": "service-url", "optional": True}
    labels = deployment(spec)[0]["spec"]["template"]["metadata"]["labels"]
    assert labels["popshop/to-functions"] == "true"


def test_one_variable_bound_twice_is_refused():
    with pytest.raises(ValueError, match="MONGO_URL is bound to popshop-mongo-stock/url and to"):
        environment_of(declared.CLASH)


def test_a_service_is_local_scales_to_zero_and_starts_at_none():
    made = service(declared.CHANGE)
    assert made["metadata"]["name"] == "stock-change-thing"
    assert made["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
    annotations = made["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/initial-scale"] == "0"
    assert annotations["autoscaling.knative.dev/min-scale"] == "0"


def test_a_function_is_restricted():
    (container,) = service(declared.CHANGE)["spec"]["template"]["spec"]["containers"]
    context = container["securityContext"]
    assert context["runAsNonRoot"]
    assert context["readOnlyRootFilesystem"]
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_an_upload_gets_its_own_time_more_memory_and_few_at_once():
    spec = service(declared.UPLOAD)["spec"]["template"]["spec"]
    assert spec["timeoutSeconds"] == 120
    assert spec["containerConcurrency"] == 4
    assert spec["containers"][0]["resources"]["limits"]["memory"] == "714Mi"


def test_a_long_lived_function_is_a_deployment_behind_a_service():
    made, front = deployment(declared.STREAM)
    assert (made["kind"], front["kind"]) == ("Deployment", "Service")
    assert made["spec"]["selector"]["matchLabels"] == front["spec"]["selector"]
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert labels.items() >= front["spec"]["selector"].items()


def test_a_source_has_its_topics_its_group_and_the_dead_letters():
    spec = source(declared.NOTE)["spec"]
    assert spec["topics"] == ["order.paid", "order.cancelled", "stock.reserved"]
    assert spec["consumerGroup"] == "popshop-cart-note-thing"
    assert (spec["initialOffset"], spec["ordering"]) == ("earliest", "ordered")
    delivery = spec["delivery"]
    assert delivery["deadLetterSink"]["ref"]["name"] == "dead-letters"
    assert (delivery["retry"], delivery["backoffDelay"], delivery["timeout"]) == (
        6,
        "PT0.2S",
        "PT30S",
    )


def test_dead_letters_have_no_dead_letters_themselves():
    spec = source(declared.PARK)["spec"]
    assert spec["topics"] == ["dead.letters"]
    assert "deadLetterSink" not in spec["delivery"]


def test_every_topic_has_a_sink():
    assert {"order.created", "user.deleted", "dead.letters"} <= set(topics())
    made = sink("order.created")
    assert made["metadata"]["name"] == "order-created"
    assert (made["spec"]["topic"], made["spec"]["numPartitions"]) == ("order.created", 4)


@pytest.mark.parametrize(
    ("minutes", "schedule"), [(1, "*/1 * * * *"), (5, "*/5 * * * *"), (60, "0 * * * *")]
)
def test_a_schedule_is_cron(minutes, schedule):
    spec = declared.spec(Every(minutes), declared.sweep_things)
    assert ping(spec)["spec"]["schedule"] == schedule


@pytest.mark.parametrize("minutes", [0, 7, 90])
def test_a_schedule_that_does_not_divide_an_hour_is_refused(minutes):
    with pytest.raises(ValueError, match="do not divide an hour"):
        ping(declared.spec(Every(minutes), declared.sweep_things))


def test_pods_may_talk_to_what_their_variables_name():
    labels = service(declared.CHANGE)["spec"]["template"]["metadata"]["labels"]
    assert {name for name in labels if name.startswith("popshop/to-")} == {
        "popshop/to-mongodb",
        "popshop/to-events",
        "popshop/to-objects",
    }


def test_policies_allow_what_is_declared_alone():
    made = {policy["metadata"]["name"]: policy["spec"] for policy in policies(declared.SHOP)}
    assert "to-redis" not in made
    (rule,) = made["from-gateway"]["podSelector"]["matchExpressions"]
    assert rule["values"] == ["auth-authorize-thing", "notifications-stream-things"]


def test_the_index_job_gets_every_contexts_database():
    (container,) = create_indexes(declared.SHOP)["spec"]["template"]["spec"]["containers"]
    assert {item["name"]: key_of(item) for item in container["env"]} == {
        "MONGO_URL_ORDERS": "popshop-mongo-orders/url",
        "MONGO_URL_STOCK": "popshop-mongo-stock/url",
    }


def test_everything_is_valid_and_always_the_same(tmp_path: Path):
    rendered = render(declared.SHOP)
    assert (
        render(list(reversed(declared.SHOP)))["knative/gateway/envoy.yaml"]
        == (rendered["knative/gateway/envoy.yaml"])
    )
    for name, text in rendered.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folders = [tmp_path / "eventing", *(p for p in (tmp_path / "knative").iterdir() if p.is_dir())]
    documents = load_documents(folder for folder in folders if folder.name != "gateway")
    assert [str(item) for item in validate(documents, allow_zero_initial_scale=True)] == []
    names = {document.label for document in documents}
    assert {"Service/stock-list-things", "KafkaSource/cart-note-thing"} <= names
    assert {"PingSource/stock-sweep-things", "Deployment/auth-authorize-thing"} <= names


def test_a_folder_lists_its_files_for_kustomize():
    rendered = render(declared.SHOP)
    listed = yaml.safe_load(rendered["eventing/pings/kustomization.yaml"])
    assert listed["resources"] == ["stock-sweep-things.yaml"]
