import json

import pytest

from knative.render.discover import discover
from knative.render.envoy.bootstrap import bootstrap
from knative.render.routes import all_routes, routes_json, routes_of
from knative.render.services import has_service
from shared.runtime.declare import Http
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


def warming(path, *names, method="POST", access=Access.GUEST, **more):
    return declared.spec(
        declared.http(method, path, access, warms=names, **more), declared.draw_thing
    )


def test_a_row_names_the_services_that_it_warms():
    specs = [*declared.SHOP, warming("/w", "list_things", "note_thing")]
    rows = {row["path"]: row for row in json.loads(routes_json(all_routes(specs)))}
    assert rows["/api/w"]["warms"] == ["stock-list-things", "cart-note-thing"]
    assert "warms" not in rows["/api/things"]


def test_what_the_authorizer_never_sees_names_nothing():
    public = warming("/w", "list_things", method="GET", access=Access.PUBLIC)
    rows = json.loads(routes_json(all_routes([*declared.SHOP, public])))
    assert not [row for row in rows if "warms" in row]


@pytest.mark.parametrize("name", ["list_thing", "stream_things", "authorize_thing"])
def test_a_name_that_is_no_function_scaling_to_zero_is_told_with_who_names_it(name):
    specs = [*declared.SHOP, warming("/w", "list_things", name)]
    with pytest.raises(ValueError, match=f"draw_thing warms {name}: no function"):
        all_routes(specs)


def test_each_step_of_the_shop_wakes_a_few_others_once():
    specs = {spec.name: spec for spec in discover()}
    naming = [spec for spec in specs.values() if getattr(spec.trigger, "warms", ())]
    assert {"list_products", "show_checkout", "start_payment"} <= {spec.name for spec in naming}
    for spec in naming:
        assert isinstance(spec.trigger, Http)
        names = spec.trigger.warms
        assert len(names) == len({*names, spec.name} - {spec.name}) <= 7, spec.name
        assert all(has_service(specs[name]) for name in names), spec.name
        assert any(route.asks_authorizer for route in routes_of(spec)), spec.name


def test_a_look_at_the_shop_wakes_no_payment():
    rows = [route for route in all_routes(discover()) if route.path in {"/", "/products"}]
    woken = {service for route in rows for service in route.warms}
    assert woken
    assert {service.partition("-")[0] for service in woken} == {"products"}


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
