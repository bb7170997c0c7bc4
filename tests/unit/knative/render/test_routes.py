import json

import pytest

from knative.render.envoy.bootstrap import bootstrap
from knative.render.routes import all_routes, routes_json, routes_of
from shared.runtime.identity import Access
from tests.unit.knative.render import declared


def only(spec):
    (route,) = routes_of(spec)
    return route


def test_a_route_is_below_api_and_its_page_is_not():
    api, page = routes_of(declared.CHANGE)
    assert (api.path, api.is_page) == ("/api/things/{thing_id}", False)
    assert (page.path, page.is_page) == ("/things/{thing_id}", True)


def test_the_back_offices_paths_are_on_its_host_alone():
    assert only(declared.UPLOAD).host == "admin"
    assert only(declared.LIST).host == "both"


def test_pages_of_the_admin_context_are_on_its_host_alone():
    page = declared.http("GET", "/", Access.ADMIN, is_api=False)
    assert only(declared.spec(page, declared.draw_thing, "admin")).host == "admin"


def test_internal_routes_reactions_and_schedules_are_not_on_the_gateway():
    for spec in (declared.PLACE, declared.NOTE, declared.SWEEP, declared.PARK, declared.AUTHORIZE):
        assert routes_of(spec) == []


def test_only_public_reads_of_the_api_pass_the_authorizer_by():
    assert not only(declared.LIST).asks_authorizer
    for spec in (declared.CHANGE, declared.DRAW, declared.STREAM, declared.UPLOAD):
        assert all(route.asks_authorizer for route in routes_of(spec))
    public_write = declared.spec(declared.http("POST", "/x", Access.PUBLIC), declared.draw_thing)
    assert only(public_write).asks_authorizer
    public_page = declared.http("GET", "/x", Access.PUBLIC, is_api=False)
    assert only(declared.spec(public_page, declared.draw_thing)).asks_authorizer


def test_fixed_paths_come_before_variables_and_rests_last():
    paths = ["/a/{rest...}", "/a/{id}", "/a/b", "/a/{id}/c", "/a"]
    specs = [
        declared.spec(declared.http("GET", path, is_api=False), declared.draw_thing)
        for path in paths
    ]
    assert [route.path for route in all_routes(specs)] == [
        "/a",
        "/a/b",
        "/a/{id}",
        "/a/{id}/c",
        "/a/{rest...}",
    ]


def test_two_functions_cannot_claim_one_route():
    rival = declared.spec(declared.http("GET", "/things", Access.USER), declared.draw_thing)
    with pytest.raises(ValueError, match=r"GET /api/things is claimed by stock-list-things and"):
        all_routes([declared.LIST, rival])


def test_the_table_has_what_the_authorizer_needs():
    rows = json.loads(routes_json(all_routes(declared.SHOP)))
    (socket,) = [row for row in rows if row["kind"] == "socket"]
    assert socket == {
        "method": "GET",
        "path": "/ws/things",
        "host": "both",
        "access": "user",
        "context": "notifications",
        "service": "notifications-stream-things",
        "kind": "socket",
        "is_page": False,
        "timeout_seconds": 30,
    }
    assert {row["service"] for row in rows}.isdisjoint({"orders-place-thing"})


def manager_of(config):
    (chain,) = config["static_resources"]["listeners"][0]["filter_chains"]
    return chain["filters"][0]["typed_config"]


def entries(config):
    shop, _ = manager_of(config)["route_config"]["virtual_hosts"]
    return shop["routes"]


def test_a_route_waits_longer_than_its_function():
    config = bootstrap(all_routes(declared.SHOP))
    timeouts = {
        entry["route"]["host_rewrite_literal"]: entry["route"]["timeout"]
        for entry in entries(config)
        if "route" in entry
    }
    assert timeouts["stock-upload-thing.popshop.svc.cluster.local"] == "125s"
    assert timeouts["stock-list-things.popshop.svc.cluster.local"] == "35s"
    assert timeouts["notifications-stream-things.popshop.svc.cluster.local"] == "0s"


def test_every_match_of_the_back_offices_paths_names_its_host():
    config = bootstrap(all_routes(declared.SHOP))
    matches = [entry["match"] for entry in entries(config)]
    own = [match for match in matches if match.get("path") == "/api/admin/things"]
    assert len(own) == 2
    for match in own:
        (host,) = [item for item in match["headers"] if item["name"] == ":authority"]
        assert host["string_match"]["prefix"] == "admin."


def test_only_public_reads_switch_the_authorizer_off():
    config = bootstrap(all_routes(declared.SHOP))
    for entry in entries(config):
        is_open = "authorize" in entry.get("typed_per_filter_config", {})
        service = entry.get("route", {}).get("host_rewrite_literal", "")
        assert is_open == (not service or service.startswith("stock-list-things."))
