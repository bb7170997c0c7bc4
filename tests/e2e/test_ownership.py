"""A person's things are there for that person alone; to others they look like unknown ones."""

import json

import pytest

from tests.e2e.refused import check_refusal
from tests.e2e.shop import Client
from tests.e2e.stack import ROOT
from tests.e2e.things import OWNED, unknown_names

pytestmark = [pytest.mark.engines, pytest.mark.slow]
PATHS = json.loads((ROOT / "knative/gateway/openapi.json").read_text())["paths"]
OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in PATHS.items()
    for method, operation in methods.items()
}
LISTS = [
    path
    for path, methods in PATHS.items()
    if "get" in methods and "{" not in path and {} not in methods["get"]["security"]
    if "/admin/" not in path
]


@pytest.fixture(scope="module")
def people(stack):
    """Somebody who has things, and somebody else."""
    owner, other = Client(stack), Client(stack)
    owner.register()
    other.register()
    return owner, other


@pytest.fixture(scope="module")
def goods(admin):
    return admin.create_product()


def ask(client, name, names):
    method, path = OPERATIONS[name]
    body = None if "{" in path or method == "GET" else names
    return client.send(method, path.format(**names), json=body)


@pytest.mark.parametrize("name", OWNED)
def test_a_thing_is_its_owners(people, admin, goods, name):
    owner, other = people
    owned = OWNED[name]
    names = owned.make(owner, goods)
    refused = check_refusal(ask(other, name, names), owned.other, "not_found")
    unknown = check_refusal(ask(other, name, unknown_names(names)), 404, "not_found")
    assert refused == unknown, "a stranger learns that the thing exists"
    assert ask(owner, name, names).status_code == owned.owner
    mine = owned.make(owner, goods)
    assert ask(admin, name, mine).status_code == owned.admin


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_of_ones_own(people, goods, path):
    owner, other = people
    own = owner.get("/auth/me")["user"]
    order_id = owner.get("/orders")["items"][0]["id"]
    answer = other.send("GET", path)
    assert answer.status_code == 200, answer.text
    assert not [secret for secret in (own["id"], own["email"], order_id) if secret in answer.text]
