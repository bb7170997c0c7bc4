"""Databases and topics as they are rendered, and the Jobs that prepare the stores."""

import os
import subprocess
import sys

import pytest
import yaml

from knative.render.eventing import kafka_topic, sink, topics
from knative.render.everything import render
from knative.render.jobs import create_bucket, create_indexes
from knative.render.mongodb import mongodb
from knative.render.policies import policies
from tests.unit.knative.render import declared


@pytest.fixture
def database():
    return {manifest["kind"]: manifest for manifest in mongodb("cart")}


def policies_of(specs):
    return {policy["metadata"]["name"]: policy["spec"] for policy in policies(specs)}


def test_every_context_with_a_database_gets_one():
    rendered = render(declared.SHOP)
    listed = yaml.safe_load(rendered["knative/data/mongodb/contexts/kustomization.yaml"])
    assert listed["resources"] == ["orders.yaml", "stock.yaml"]


def test_members_have_names_before_they_are_ready(database):
    """They have to find each other to become so."""
    spec = database["Service"]["spec"]
    assert (spec["clusterIP"], spec["publishNotReadyAddresses"]) == ("None", True)
    assert database["StatefulSet"]["spec"]["serviceName"] == database["Service"]["metadata"]["name"]


def test_the_pods_of_the_job_are_no_members(database):
    members = database["StatefulSet"]["spec"]["selector"]["matchLabels"]
    job = database["Job"]["spec"]["template"]["metadata"]["labels"]
    assert not members.items() <= job.items()
    assert database["Service"]["spec"]["selector"] == members
    assert database["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == members


def test_a_function_reaches_its_own_database_alone():
    made = policies_of(declared.SHOP)
    spec = made["to-mongodb-stock"]
    assert spec["podSelector"] == {
        "matchLabels": {"popshop/context": "stock", "popshop/to-mongodb": "true"}
    }
    (rule,) = spec["egress"]
    (peer,) = rule["to"]
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "popshop-mongo-stock"}
    assert "to-mongodb" not in made


def test_the_index_job_alone_reaches_every_database():
    spec = policies_of(declared.SHOP)["to-every-mongodb"]
    names = [rule["to"][0]["podSelector"]["matchLabels"] for rule in spec["egress"]]
    assert names == [
        {"app.kubernetes.io/name": "popshop-mongo-orders"},
        {"app.kubernetes.io/name": "popshop-mongo-stock"},
    ]
    labels = create_indexes(declared.SHOP)["spec"]["template"]["metadata"]["labels"]
    assert spec["podSelector"]["matchLabels"].items() <= labels.items()
    assert "popshop/context" not in labels


def test_the_internet_is_no_way_into_private_networks():
    rules = policies_of(declared.SHOP)["to-objects"]["egress"]
    blocks = [peer["ipBlock"] for rule in rules for peer in rule["to"] if "ipBlock" in peer]
    assert blocks
    for block in blocks:
        assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(block["except"])


def test_a_topic_has_as_many_partitions_as_its_sink_would_make():
    for topic in topics():
        made = kafka_topic(topic)
        assert made["metadata"]["name"] == topic
        assert made["spec"]["partitions"] == sink(topic)["spec"]["numPartitions"]


def test_the_bucket_job_asks_for_the_stores_settings():
    (container,) = create_bucket()["spec"]["template"]["spec"]["containers"]
    assert {item["name"] for item in container["env"]} == {
        "S3_ACCESS_KEY",
        "S3_BUCKET",
        "S3_ENDPOINT",
        "S3_SECRET_KEY",
    }
    _, *arguments = container["command"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("S3_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environ | {"S3_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "needs S3_ACCESS_KEY, S3_SECRET_KEY in the environment" in done.stderr
