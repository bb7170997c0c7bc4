import json

from localdev.serving.endpoints import Endpoints


def endpoints_in(file) -> dict[int, str | list[str]]:
    (resource,) = json.loads(file.read_text())["resources"]
    return {
        item["endpoint"]["address"]["socket_address"]["port_value"]: item["metadata"][
            "filter_metadata"
        ]["envoy.lb"]["function"]
        for item in resource["endpoints"][0]["lb_endpoints"]
    }


def test_a_function_without_replicas_of_its_own_is_the_activators(tmp_path):
    file = tmp_path / "endpoints.json"
    endpoints = Endpoints(file, 7000)
    endpoints.prepare(["a", "b"])
    assert endpoints_in(file) == {7000: ["a", "b"]}
    endpoints.publish("a", [7001, 7002])
    assert endpoints_in(file) == {7000: ["b"], 7001: "a", 7002: "a"}
    endpoints.publish("b", [7003])
    assert endpoints_in(file) == {7001: "a", 7002: "a", 7003: "b"}
    endpoints.publish("a", [])
    assert endpoints_in(file) == {7000: ["a"], 7003: "b"}


def test_every_change_has_a_version_of_its_own(tmp_path):
    file = tmp_path / "endpoints.json"
    endpoints = Endpoints(file, 7000)
    endpoints.prepare(["a"])
    versions = set()
    for _ in range(3):
        endpoints.publish("a", [])
        versions.add(json.loads(file.read_text())["version_info"])
    assert len(versions) == 3
    assert list(tmp_path.iterdir()) == [file]
