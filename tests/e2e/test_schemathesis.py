"""Every operation of OpenAPI, called with whatever its description allows and with what it forbids.

No answer is a server's fault, and each has a status, a media type and a shape that are described.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.kernel.ids import new_id
from tests.e2e.shop import ACCESS, Admin, Client
from tests.e2e.stack import ROOT, Stack
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

DOCUMENT: dict[str, Any] = json.loads((ROOT / "knative/gateway/openapi.json").read_text())
ROLES = ("nobody", "shopper", "admin")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# They would end the caller's session, or use up tries that other tests need from this address.
SPARED = {
    ("POST", "/api/auth/logout"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/register"),
    ("POST", "/api/auth/password-reset"),
}
# What is deleted is deleted at last.
OPERATIONS = sorted(
    {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    - SPARED,
    key=lambda operation: (operation[0] == "DELETE", operation),
)
EXAMPLES = 8
BASE = "https://shop"
SECRET = new_id()
TAKEN = ("params", "data", "json", "files")


@cache
def described() -> Any:
    """The shop as schemathesis reads it; who calls is ours to say."""
    config = SchemathesisConfig()
    config.projects.default.generation.update(with_security_parameters=False)
    return schemathesis.openapi.from_dict(DOCUMENT, config=config)


@dataclass
class Callers:
    """One of each role, of this module's own, and things that there are, by their variable.

    ``payable`` are those with an order that is not paid yet; ``made`` are products to be deleted.
    """

    clients: dict[str, Client] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    payable: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)

    def call(self, role: str, case: Case[Any]) -> Any:
        """Sends a case to the host that has its path, with the role's token."""
        on_admin_host = case.path.startswith("/api/admin")
        client = self.clients["admin host" if on_admin_host else "shop host"]
        sent = case.as_transport_kwargs(base_url=BASE)
        headers = dict(sent.pop("headers") or {})
        if role != "nobody":
            headers["Authorization"] = f"Bearer {self.clients[role].cookies[ACCESS]}"
        path = sent.pop("url").removeprefix(BASE)
        options = {name: value for name, value in sent.items() if name in TAKEN}
        client.cookies.clear()
        return client.send(sent["method"], path, headers=headers, **options)

    def about_what_there_is(self, case: Case[Any]) -> None:
        """Lets a case name a known thing instead of one that it made up."""
        for fields, known in ((case.path_parameters, self.known), (case.body, self.payable)):
            if isinstance(fields, dict):
                fields |= {name: known[name] for name in fields if name in known}


def somebody(stack: Stack) -> Client:
    """Logged in, with a password that no example has: with those, accounts are deleted."""
    client = Client(stack)
    body = {"email": f"{new_id()}@example.com", "password": SECRET, "name": "Ann"}
    client.call("POST", "/auth/register", body, status=201)
    return client


def is_admin_again(client: Client, email: str) -> bool:
    """A change of role ends all tokens of its second, those of a quick login too."""
    client.log_in(email, SECRET)
    return client.call("GET", "/auth/me").ok


@pytest.fixture(scope="module")
def callers(stack) -> Iterator[Callers]:
    found, root = Callers(), Admin(stack)
    shopper, admin, victim = somebody(stack), somebody(stack), somebody(stack)
    user = admin.get("/auth/me")["user"]
    root.call("PATCH", f"/admin/users/{user['id']}", {"role": "admin"}, status=200)
    wait_until(lambda: is_admin_again(admin, user["email"]), "the new role counts")
    found.clients = {
        "shopper": shopper,
        "admin": admin,
        "shop host": Client(stack),
        "admin host": Client(stack, "admin.localhost"),
    }
    product = root.create_product()["id"]
    shopper.pay(order := shopper.buy(product))
    found.known = {
        "product_id": product,
        "order_id": order,
        "payment_id": shopper.wait_for_order(order, "paid")["payment"]["id"],
        "user_id": victim.get("/auth/me")["user"]["id"],
    }
    found.payable = found.known | {"order_id": shopper.buy(product)}
    yield found
    for product_id in (*found.made, product):
        root.call("DELETE", f"/products/{product_id}")


def modes_of(method: str, path: str) -> list[GenerationMode]:
    """A path alone can be anything: without a query or a body nothing is forbidden."""
    operation = DOCUMENT["paths"][path][method.lower()]
    has_query = any(one["in"] == "query" for one in parameters_of(operation))
    can_be_wrong = has_query or "requestBody" in operation
    return list(GenerationMode) if can_be_wrong else [GenerationMode.POSITIVE]


def parameters_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    shared = DOCUMENT["components"].get("parameters", {})
    stated = operation.get("parameters", [])
    return [shared[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one for one in stated]


def trying(method: str, path: str, mode: GenerationMode, run: Callable[[Case[Any]], None]) -> None:
    """Runs on a few cases of an operation, always the same ones."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(described()[path][method].as_strategy(generation_mode=mode))
    def tried(case: Case[Any]) -> None:
        run(case)

    tried()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_an_operation_answers_as_it_is_described(callers, method, path, role):
    def run(case: Case[Any]) -> None:
        answer = callers.call(role, case)
        if (method, path, answer.status_code) == ("POST", "/api/products", 201):
            callers.made.append(answer.json()["id"])
        case.validate_response(answer, checks=CHECKS)

    def run_on_known(case: Case[Any]) -> None:
        callers.about_what_there_is(case)
        run(case)

    for mode in modes_of(method, path):
        trying(method, path, mode, run)
    trying(method, path, GenerationMode.POSITIVE, run_on_known)
