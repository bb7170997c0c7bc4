"""The gateway's table decides, in its own order."""

import json

from shared.auth.route_table import FileRoutes, RouteTableSettings


def routes(tmp_path, *rows):
    common = {"method": "GET", "access": "public", "context": "x", "timeout_seconds": 30}
    file = tmp_path / "routes.json"
    file.write_text(json.dumps([common | row for row in rows]))
    return FileRoutes(RouteTableSettings(str(file)))


def row(path, service, host="both", **more):
    return {"path": path, "service": service, "host": host} | more


def test_the_first_route_that_fits_counts(tmp_path):
    table = routes(tmp_path, row("/a/{x}/c", "first"), row("/a/b/{yy}", "second"))
    assert table.find("shop.localhost", "GET", "/a/b/c").service == "first"


def test_a_route_of_the_back_office_is_not_in_the_shop(tmp_path):
    table = routes(tmp_path, row("/a", "back", "admin"), row("/a", "front"))
    assert table.find("shop.localhost:8443", "GET", "/a").service == "front"
    assert table.find("admin.localhost:8443", "GET", "/a").service == "back"


def test_head_is_asked_as_get_and_other_methods_are_nothing(tmp_path):
    table = routes(tmp_path, row("/a", "s"))
    assert table.find("shop.localhost", "HEAD", "/a").service == "s"
    assert table.find("shop.localhost", "POST", "/a") is None


def test_a_route_names_what_it_warms_and_most_name_nothing(tmp_path):
    table = routes(tmp_path, row("/a", "s", warms=["next", "later"]), row("/b", "t"))
    assert table.find("shop.localhost", "GET", "/a").warms == ("next", "later")
    assert table.find("shop.localhost", "GET", "/b").warms == ()


def test_what_administrators_alone_may_call_sleeps_while_people_shop(tmp_path):
    table = routes(
        tmp_path,
        row("/orders", "order", warms=["pay", "ship"]),
        row("/pay", "pay"),
        row("/ship", "ship", "admin", access="admin"),
    )
    assert table.find("shop.localhost", "GET", "/orders").warms == ("pay",)
    assert table.find("admin.localhost", "GET", "/orders").warms == ("pay", "ship")
