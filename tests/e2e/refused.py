"""What every refusal looks like, and what a stack holds before and after one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.shop import Admin, Client
from tests.e2e.stack import Stack

CONTEXTS = ("auth", "products", "cart", "orders", "payments", "notifications")
# When somebody was last seen is no change.
_RESTLESS = {"sessions"}
_INSIDE = ("Traceback", "pymongo", "/shared/", ".py")


@dataclass
class Route:
    """A route that takes JSON, with a body that is right."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    is_admin: bool = False


@dataclass
class World:
    """A shopper with a cart, an order and its payment; an administrator; somebody else."""

    shopper: Client
    admin: Admin
    stranger: Client
    ids: dict[str, str]

    def send(self, route: Route, **options: Any) -> requests.Response:
        """Calls a route as the one whom it admits."""
        client = self.admin if route.is_admin else self.shopper
        return client.send(route.method, "/api" + route.path.format(**self.ids), **options)


def check_refusal(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer, which must be this one and say nothing internal."""
    told = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code == status, told
    assert answer.headers["Content-Type"] == "application/problem+json", told
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code), told
    assert problem.keys() >= {"type", "title", "detail"}, told
    assert answer.headers.get("X-Request-Id"), told
    assert not [word for word in _INSIDE if word in answer.text], told
    return problem


def holdings(stack: Stack) -> dict[str, Any]:
    """Every document of every context, by database, collection and id."""
    return {
        f"{context}.{name}": {str(item["_id"]): item for item in database[name].find()}
        for context in CONTEXTS
        for database in [stack.database(context)]
        for name in sorted(database.list_collection_names())
        if name not in _RESTLESS
    }


def leaves(body: dict[str, Any], *above: str) -> Iterator[tuple[str, ...]]:
    """The paths of a body's fields, objects as well as what is in them."""
    for name, value in body.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from leaves(value, *above, name)


def with_value(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A body with another value at a path."""
    name, *rest = path
    inner = with_value(body[name], tuple(rest), value) if rest else value
    return body | {name: inner}
