"""Every route for every role: the authoriser and the function's own check admit whom it names."""

import json

import pytest

from shared.kernel.ids import GuestId, UserId
from shared.runtime.declare import Http
from shared.runtime.handler import answer
from shared.runtime.identity import HEADER, Access, Caller, derive_key, sign_identity
from tests.functions.auth.test_gate import MASTER
from tests.roles.doors import (
    ADMITTED,
    HOSTS,
    ROLES,
    Way,
    access_of,
    an_example_of,
    doors,
    environ,
    probe,
    specs,
    whole_table,
)

DOORS = list(doors())
UNSAFE = [door for door in DOORS if door[1].method != "GET"]
CLOSED = [door for door in DOORS if access_of(door[0]) is not Access.PUBLIC]
CALL_KEY = "77" * 32
SUCCESS = {200, 201, 202, 204}


def named(door):
    spec, route = door
    return f"{spec.name}:{route.method} {route.path}"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return whole_table(tmp_path_factory.mktemp("routes"))


@pytest.fixture
def way(table):
    return Way(table)


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    """Each function has its own context's key, as in the cluster."""

    def use(spec):
        monkeypatch.setenv("IDENTITY_KEY", derive_key(MASTER, f"identity:{spec.context}"))
        monkeypatch.setenv("ORDERS_CALL_KEY", CALL_KEY)

    return use


def check_refused(answered, route, status):
    """A refusal is a problem; a page that needs a session first tries to renew it."""
    headers = dict(answered.headers)
    if status == 401 and route.is_page:
        assert answered.status == 303
        assert headers["Location"].startswith("/auth/refresh?next=")
        return
    assert answered.status == status, answered.body
    if not route.is_page:
        code = {401: "login_required", 403: "forbidden", 404: "not_found"}[status]
        assert json.loads(answered.body)["code"] == code


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS, ids=named)
def test_a_route_admits_whom_it_names(way, keys, door, role):
    spec, route = door
    keys(spec)
    session, access = way.session_of(role), access_of(spec)
    if role not in ADMITTED[access]:
        path, host = an_example_of(route.path), HOSTS[route.host]
        refused = way.ask(route.method, path, host, session)
        check_refused(refused, route, 403 if role == "user" else 401)
        return
    answered = way.go(spec, route, session)
    assert answered.status in SUCCESS, answered.body
    caller = json.loads(answered.body)
    if access is Access.PUBLIC:
        assert (caller["user_id"], caller["guest_id"]) == (None, None)
    else:
        is_user = role in {"user", "admin"}
        assert caller["user_id"] == ("u1" if is_user else None)
        assert is_user or caller["guest_id"]
        assert caller["role"] == (role if is_user else "guest")


CALLERS = {
    "nobody": Caller(),
    "guest": Caller(guest_id=GuestId("g1")),
    "user": Caller(user_id=UserId("u1"), role="user"),
    "admin": Caller(user_id=UserId("u1"), role="admin"),
}
# A guest's routes are told apart by the guest's id, which the authoriser always gives.
LET_IN = ADMITTED | {Access.GUEST: frozenset({"guest", "user", "admin"})}


@pytest.mark.parametrize("role", CALLERS)
@pytest.mark.parametrize("door", DOORS, ids=named)
def test_a_function_checks_its_caller_once_more(keys, door, role):
    spec, route = door
    keys(spec)
    path = an_example_of(route.path)
    key = derive_key(MASTER, f"identity:{spec.context}")
    header = sign_identity(CALLERS[role], route.method, path, key, 60)
    asked = environ(route.method, path, HOSTS[route.host], {HEADER: header})
    answered = answer(probe(spec), asked)
    if role in LET_IN[access_of(spec)]:
        assert answered.status in SUCCESS, answered.body
    else:
        check_refused(answered, route, 403 if role == "user" else 401)


@pytest.mark.parametrize("door", DOORS, ids=named)
def test_a_function_takes_nobody_who_did_not_pass_the_gate(keys, door):
    spec, route = door
    keys(spec)
    path, host = an_example_of(route.path), HOSTS[route.host]
    admin = Caller(user_id=UserId("u1"), role="admin")
    own, other = (derive_key(MASTER, f"identity:{name}") for name in (spec.context, "nobody"))
    forged = [
        sign_identity(admin, route.method, path, other, 60),
        sign_identity(admin, "TRACE", path, own, 60),
        sign_identity(admin, route.method, f"{path}x", own, 60),
        sign_identity(admin, route.method, path, own, -1),
        "garbage",
    ]
    for header in forged:
        asked = environ(route.method, path, host, {HEADER: header})
        check_refused(answer(probe(spec), asked), route, 401)
    without = answer(probe(spec), environ(route.method, path, host, {}))
    if access_of(spec) is Access.PUBLIC:
        assert without.status in SUCCESS
    else:
        check_refused(without, route, 401)


@pytest.mark.parametrize("door", UNSAFE, ids=named)
def test_what_another_site_sends_stops_at_the_gate(way, door):
    _, route = door
    headers = {"Sec-Fetch-Site": "cross-site"} | way.session_of("admin")
    answered = way.ask(route.method, an_example_of(route.path), HOSTS[route.host], headers)
    check_refused(answered, route, 403)


@pytest.mark.parametrize("door", [door for door in DOORS if door[1].host == "admin"], ids=named)
def test_the_back_office_is_not_on_the_storefront(way, door):
    _, route = door
    path = an_example_of(route.path)
    answered = way.ask(route.method, path, HOSTS["shop"], way.session_of("admin"))
    check_refused(answered, route, 404)


@pytest.mark.parametrize("door", CLOSED, ids=named)
def test_a_revoked_session_is_nobodys(way, door):
    _, route = door
    way.revocations.sessions.add("s1")
    answered = way.ask(
        route.method, an_example_of(route.path), HOSTS[route.host], way.session_of("admin")
    )
    check_refused(answered, route, 401)


INTERNAL = [
    spec
    for spec in specs()
    if isinstance(spec.trigger, Http) and spec.trigger.access is Access.INTERNAL
]


@pytest.mark.parametrize("spec", INTERNAL, ids=lambda spec: spec.name)
def test_what_is_internal_takes_the_one_caller_that_has_its_key(table, keys, spec):
    method, path = spec.trigger.method, spec.trigger.path
    keys(spec)
    for host in HOSTS.values():
        for asked in (path, f"/api{path}"):
            found = table.find(host, method, asked)
            assert found is None or found.service != spec.service_name
    caller = Caller(user_id=UserId("u1"))
    for key, status in ((CALL_KEY, 201), (derive_key(MASTER, f"identity:{spec.context}"), 401)):
        header = sign_identity(caller, method, path, key, 60)
        asked = environ(method, path, "orders", {HEADER: header})
        assert answer(probe(spec), asked).status == status
