"""The figures in docs/guides follow from their inputs, and the inputs from what is deployed."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from localdev.minikube.profile import SYSTEM, dispatchers
from tests.architecture.guide_names import manifests, services
from tests.architecture.guides import DOCS, ROOT, Page

COST = Page(DOCS / "guides/cost.md")
SCALE = Page(DOCS / "guides/scale.md")
MEASURED = json.loads((DOCS / "figures/measured.json").read_text())
DAY, MONTH_HOURS, MIB = 86_400, 730, 1024
KINDS_OF_SWEEPS = {"*/5 * * * *": 300, "*/1 * * * *": 60, "0 * * * *": 3600}
# What an order without trouble tells, from the checkout until it is delivered.
TOLD = (
    *("cart.checkout", "order.created", "stock.reserved", "order.confirmed", "payment.started"),
    *("payment.created", "order.paid", "product.updated", "product.updated", "order.shipped"),
    "order.delivered",
)


@cache
def inputs() -> dict[str, float]:
    return {name: float(value) for _, name, value, _ in COST.table("inputs")[1:]}


@cache
def always_on() -> dict[str, tuple[float, float, float]]:
    rows = COST.table("always-on")[1:-1]
    return {part: (float(pods), float(cpu), float(mib)) for part, pods, cpu, mib in rows}


def totals() -> tuple[float, float]:
    """vCPU and MiB of everything that is always on."""
    rows = always_on().values()
    return sum(n * cpu for n, cpu, _ in rows), sum(n * mib for n, _, mib in rows)


def schedules() -> float:
    """Pods of schedules, on average."""
    every = [KINDS_OF_SWEEPS[item["spec"]["schedule"]] for item in of_kind("PingSource")]
    return sum(min(1, inputs()["awake_tick"] / seconds) for seconds in every)


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [item for item in manifests() if item["kind"] == kind]


def is_shown(value: float, cell: str) -> bool:
    """Whether a cell is the value with as many decimals as it has."""
    return cell == f"{value:.{len(cell.partition('.')[2])}f}"


def pods(orders: float) -> float:
    given, total = inputs(), schedules()
    kinds = (
        (given["routes"], given["per_route"], given["awake"]),
        (given["reactions"], given["deliveries"] / given["reactions"], given["awake_reaction"]),
    )
    for count, each, awake in kinds:
        rate = each * orders / DAY
        total += count * max(1 - math.exp(-rate * awake), rate * given["cpu"] / given["use"])
    return total


def row(orders: float) -> list[float]:
    """A line of the model but its last cell."""
    given = inputs()
    requests = orders * given["routes"] * given["per_route"]
    busy = (requests + orders * given["deliveries"]) * given["cpu"] / DAY / given["use"]
    cpu, gib = max(pods(orders) * given["pod_vcpu"], busy), pods(orders) * given["pod_gib"]
    door = given["routes"] * given["per_route"] * given["door"]
    more = orders * (door + given["data"]) / DAY / given["use"]
    on_cpu, on_gib = totals()[0] + more, totals()[1] / MIB + more * given["gib_per_core"]
    stored = max(given["volumes"], orders * 30 * given["order_kb"] * 3 / 1e6)
    stored += orders * given["events"] * given["event_kb"] * 3 * 7 / 1e6
    sent = orders * 30 * given["sent_mb"] / 1000
    hourly = (cpu + on_cpu) * given["price_vcpu"] + (gib + on_gib) * given["price_gib"]
    month = MONTH_HOURS * hourly + stored * given["price_gb"] + sent * given["price_sent"]
    hours = (cpu * 24, gib * 24, on_cpu * 24, on_gib * 24)
    return [requests, pods(orders), *hours, stored, month]


@pytest.mark.parametrize("line", COST.table("model")[1:], ids=lambda line: line[0])
def test_the_model_follows_from_its_inputs(line):
    orders = float(line[0])
    expected = row(orders)
    shown = list(zip(expected, line[1:-1], strict=True))
    assert [cell for value, cell in shown if not is_shown(value, cell)] == [], expected
    assert is_shown(expected[-1] / (orders * 30), line[-1]) if orders else not line[-1]


def test_the_sum_of_what_is_always_on_is_right():
    *_, cpu, mib = COST.table("always-on")[-1]
    assert (is_shown(totals()[0], cpu), is_shown(totals()[1], mib)) == (True, True), totals()


@pytest.mark.parametrize("line", COST.table("compared")[1:], ids=lambda line: line[0])
def test_the_comparison_follows_from_the_model(line):
    orders = float(line[0])
    pairs = [always_on()[name] for name in ("gateway", "authoriser", "WebSocket service")]
    cpu = row(orders)[2] + 24 * sum(n * each for n, each, _ in pairs)
    gib = row(orders)[3] + 24 * sum(n * mib for n, _, mib in pairs) / MIB
    expected = (7 * 0.1 * 24, 7 * 256 / MIB * 24, cpu, gib)
    assert all(map(is_shown, expected, line[1:])), expected


def test_the_parts_are_those_of_the_production_overlay():
    folder = ROOT / "knative/overlays/production"
    data = patches(folder / "data/kustomization.yaml")
    contexts = len(
        [i for i in of_kind("StatefulSet") if i["metadata"]["name"].startswith("popshop-mongo-")]
    )
    members = data["mongodb"]["/spec/replicas"]
    assert always_on()["MongoDB, seven sets"] == (contexts * members, *requested(data["mongodb"]))
    assert always_on()["Redis"] == (1, *requested(data["popshop-redis"]))
    assert always_on()["S3"] == (1, *requested(data["popshop-objects"]))
    (kafka,), (pool,) = of_kind("Kafka"), of_kind("KafkaNodePool")
    operator = kafka["spec"]["entityOperator"]["topicOperator"]["resources"]["requests"]
    assert always_on()["Strimzi's topic operator"] == (1, *sizes(operator))
    brokers = (pool["spec"]["replicas"], *sizes(pool["spec"]["resources"]["requests"]))
    assert always_on()["Kafka brokers"] == brokers
    volumes = contexts * members * gigabytes(data["mongodb"])
    volumes += gigabytes(data["popshop-redis"]) + gigabytes(data["popshop-objects"])
    disk = pool["spec"]["storage"]["volumes"][0]["size"]
    assert inputs()["volumes"] == volumes + pool["spec"]["replicas"] * int(disk.removesuffix("Gi"))


def test_what_is_always_on_of_the_shop_is_as_deployed():
    least = {
        i["metadata"]["name"]: i["spec"]["minReplicas"] for i in of_kind("HorizontalPodAutoscaler")
    }
    (gateway,) = (i for i in of_kind("Deployment") if i["metadata"]["name"] == "popshop-gateway")
    envoy = gateway["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert always_on()["gateway"] == (least["popshop-gateway"], *sizes(envoy))
    functions = patches(ROOT / "knative/overlays/production/kustomization.yaml")["popshop/function"]
    each = sizes(functions["/spec/template/spec/containers/0/resources/requests"])
    assert always_on()["authoriser"] == (least["auth-authorize-request"], *each)
    assert always_on()["WebSocket service"] == (least["notifications-stream-notifications"], *each)
    # Knative's own default for the queue-proxy: 25m, and no memory.
    assert (each[0] + 0.025, each[1] / MIB) == (inputs()["pod_vcpu"], inputs()["pod_gib"])


def test_knatives_own_parts_are_those_of_its_release_files():
    names = [one.name for one in SYSTEM]
    serving = SYSTEM[names.index("activator") : names.index("eventing-controller")]
    eventing = SYSTEM[names.index("eventing-controller") :]
    for part, found in (
        ("Knative Serving and Kourier", serving),
        ("Knative Eventing with Kafka, but its dispatchers", eventing),
    ):
        _, cpu, mib = always_on()[part]
        assert (round(cpu * 1000), mib) == (
            sum(one.cpu_milli for one in found),
            sum(one.memory_mib for one in found),
        )
    consumers = sum(item["spec"]["consumers"] for item in of_kind("KafkaSource"))
    assert always_on()["Kafka source dispatchers"][0] == dispatchers(consumers).count


def test_what_an_order_touches_is_what_the_sources_say():
    sources = {item["metadata"]["name"]: item["spec"]["topics"] for item in of_kind("KafkaSource")}
    touched = {name for name, topics in sources.items() if set(topics) & set(TOLD)}
    deliveries = sum(topic in topics for topic in TOLD for topics in sources.values())
    expected = {"reactions": len(touched), "deliveries": deliveries, "events": len(TOLD)}
    assert expected == {name: inputs()[name] for name in expected}


def test_as_many_functions_scale_to_zero_as_the_page_says():
    scaled = len(services()) - 2
    assert f"{scaled} functions." in COST.text
    assert f"{scaled} x 0.125" in COST.text


def test_the_load_of_the_scales_is_calculated_right():
    for _, orders, rate, requests, gateway, authoriser in SCALE.table("load")[1:]:
        per_second = float(orders) * 0.10 / 3600 * 5
        expected = (per_second, per_second * 50, per_second * 50 * 0.00041, per_second * 50 * 0.001)
        cells = (rate, requests, gateway, authoriser)
        assert [
            cell
            for pair in zip(expected, cells, strict=True)
            if not is_shown(*pair)
            for cell in pair
        ] == []


def test_measured_inputs_are_of_the_size_that_is_measured():
    gateway = float(MEASURED["hop_gateway_ms"])
    for text in ("gateway 0.00041", "CPU of the gateway per request | 0.41 ms"):
        assert text in COST.text + SCALE.text
    assert 0.41 / 2 < gateway < 0.41 * 2


def patches(file: Path) -> dict[str, dict[str, Any]]:
    """Path -> value of a kustomization's JSON patches, by component, name or label they are for."""
    found: dict[str, dict[str, Any]] = {}
    for one in yaml.safe_load(file.read_text())["patches"]:
        target = one["target"]
        key = (
            target.get("name")
            or target.get("labelSelector", "").rpartition("=")[2]
            or target["kind"]
        )
        patch = yaml.safe_load(one.get("patch", ""))
        steps = patch if isinstance(patch, list) else []
        found.setdefault(key, {}).update({step["path"]: step.get("value") for step in steps})
    return found


def requested(patch: dict[str, Any]) -> tuple[float, float]:
    resources = patch["/spec/template/spec/containers/0/resources"]
    return sizes(resources["requests"])


def gigabytes(patch: dict[str, Any]) -> int:
    size = patch["/spec/volumeClaimTemplates/0/spec/resources/requests/storage"]
    return int(str(size).removesuffix("Gi"))


def sizes(requests: dict[str, str]) -> tuple[float, float]:
    """vCPU and MiB."""
    cpu, memory = str(requests["cpu"]), str(requests["memory"])
    cores = int(cpu.removesuffix("m")) / 1000 if cpu.endswith("m") else float(cpu)
    unit = {"Mi": 1, "Gi": MIB}[memory[-2:]]
    return cores, int(memory[:-2]) * unit
