"""Somebody's things: for each function that names one, how it is made and who may have it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.runtime.declare import Http, Spec
from shared.runtime.identity import Access
from shared.runtime.wiring import parameters_of
from tests.e2e.shop import Client

Product = dict[str, Any]
Names = dict[str, str]
# What these name is everybody's: the shop's goods.
_EVERYBODYS = frozenset({"product_id"})


@dataclass(frozen=True, kw_only=True)
class Owned:
    """``make`` gives the names of a new thing of somebody's; the rest are the statuses of a call.

    The thing's variables go into the path, and into the body where the route has none.
    """

    make: Callable[[Client, Product], Names]
    owner: int
    admin: int
    other: int = 404


def _an_order(client: Client, product: Product) -> Names:
    return {"order_id": client.buy(product["id"])}


def _a_paid_order(client: Client, product: Product) -> Names:
    order_id = client.buy(product["id"])
    client.pay(order_id)
    client.wait_for_order(order_id, "paid")
    return {"order_id": order_id}


def _a_payment(client: Client, product: Product) -> Names:
    order_id = client.buy(product["id"])
    client.start_payment(order_id)
    return {"order_id": order_id}


def _another_session(client: Client, _: Product) -> Names:
    email = client.get("/auth/me")["user"]["email"]
    Client(client.stack).log_in(email)
    sessions = client.get("/auth/sessions")["items"]
    return {"session_id": next(one["id"] for one in sessions if not one["current"])}


OWNED = {
    "cancel_order": Owned(make=_an_order, owner=200, admin=200),
    "get_invoice": Owned(make=_a_paid_order, owner=200, admin=200),
    "get_order": Owned(make=_an_order, owner=200, admin=200),
    "get_payment": Owned(make=_a_payment, owner=200, admin=200),
    "revoke_session": Owned(make=_another_session, owner=204, admin=404),
    "start_payment": Owned(make=_an_order, owner=201, admin=404),
}


def names_of(spec: Spec) -> set[str]:
    """The variables and fields by which a person's call names a thing of somebody's."""
    trigger = spec.trigger
    if not isinstance(trigger, Http) or trigger.access not in {Access.USER, Access.GUEST}:
        return set()
    found: set[str] = set()
    for parameter in parameters_of(spec):
        if parameter.kind == "path":
            found.add(parameter.name)
        elif parameter.kind == "body":
            fields = getattr(parameter.hint, "__struct_fields__", ())
            found |= {name for name in fields if name.endswith("_id")}
    return found - _EVERYBODYS


def unknown_names(names: Names) -> Names:
    """The same variables, naming things that nobody has."""
    return {name: str(uuid.uuid4()) for name in names}
