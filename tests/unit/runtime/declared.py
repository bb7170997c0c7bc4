"""Declared functions for the runtime's own tests."""

from typing import Annotated

from shared.contracts.auth import UserRegistered
from shared.contracts.event import EventMeta
from shared.kernel.errors import Conflict, NotFound
from shared.runtime.answers import Cookie, Reply
from shared.runtime.declare import every, http, on
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input, Quantity

SEEN: list[tuple[EventMeta, UserRegistered]] = []


class Shelf:
    """A port's adapter without settings."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}


class Amount(Input, frozen=True, kw_only=True):
    """A body."""

    quantity: Quantity
    note: str = ""


class Filter(Input, frozen=True, kw_only=True):
    """A query."""

    limit: Quantity = 5


@http("PUT", "/shelf/{row}", access=Access.GUEST, status=201)
def put_on_shelf(
    row: str, body: Amount, caller: Caller, shelf: Annotated[Shelf, Shelf]
) -> Reply[dict[str, object]]:
    """Puts pieces on a shelf."""
    if body.note == "full":
        raise Conflict("The shelf is full.", cart={"lines": []})
    if body.note == "down":
        raise ConnectionError("no engine")
    if body.note == "crash":
        raise RuntimeError("secret detail")
    shelf.rows[row] = body.quantity
    cookie = Cookie(name="seen", value="1", max_age_seconds=60)
    value: dict[str, object] = {"row": row, "guest": caller.guest_id, "quantity": body.quantity}
    return Reply(value=value, location=f"/api/shelf/{row}", cookies=(cookie,))


@http("GET", "/shelves", access=Access.PUBLIC)
def list_shelves(query: Filter) -> dict[str, int]:
    """Lists shelves."""
    return {"limit": query.limit}


@http("GET", "/vault", access=Access.ADMIN)
def open_vault() -> dict[str, int]:
    """Opens the vault."""
    return {"gold": 1}


@on(UserRegistered)
def greet_user(user: UserRegistered, meta: EventMeta) -> None:
    """Greets whoever registered."""
    SEEN.append((meta, user))


@on(UserRegistered)
def greet_the_lost(user: UserRegistered) -> None:
    """Looks for somebody who is not there."""
    raise NotFound(f"Nobody is called {user.name}.")


@every(minutes=5)
def wind_clock() -> None:
    """Winds the clock."""
