"""A small shop of declared functions, one of each kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from shared.contracts.orders import OrderCancelled, OrderPaid, OrderState
from shared.contracts.products import StockReserved
from shared.kernel.ids import ProductId
from shared.kernel.paging import Page
from shared.runtime.answers import Content, Redirect, Reply
from shared.runtime.declare import (
    Authorizer,
    DeadLetters,
    Every,
    Http,
    On,
    Socket,
    Spec,
    Trigger,
)
from shared.runtime.events import DeadEvent
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input, PageQuery, Quantity
from shared.runtime.settings import (
    EventSettings,
    InternalCallSettings,
    MongoSettings,
    ObjectStoreSettings,
    secret,
)
from shared.runtime.wiring import Upload


class Things(Protocol):
    """A port."""


class MongoThings:
    def __init__(self, mongo: MongoSettings, events: EventSettings) -> None: ...


@dataclass(frozen=True)
class RivalSettings:
    url: str = secret("MONGO_URL", "rival", "url")


class RivalThings:
    def __init__(self, rival: RivalSettings) -> None: ...


class StoredThings:
    def __init__(self, store: ObjectStoreSettings) -> None: ...


class CalledThings:
    def __init__(self, call: InternalCallSettings) -> None: ...


@dataclass(frozen=True)
class Thing:
    """A thing."""

    id: ProductId
    quantity: int


class ThingQuery(PageQuery, frozen=True, kw_only=True):
    """Which things."""

    search: str


class ThingChange(Input, frozen=True, kw_only=True):
    """How many."""

    quantity: Quantity


def list_things(query: ThingQuery, things: Annotated[Things, MongoThings]) -> Page[Thing]: ...  # type: ignore[empty-body]


def change_thing(  # type: ignore[empty-body]
    thing_id: ProductId,
    body: ThingChange,
    caller: Caller,
    things: Annotated[Things, MongoThings],
    stored: Annotated[Things, StoredThings],
) -> Reply[Thing]: ...


def delete_thing(thing_id: ProductId) -> Redirect | None: ...


def draw_thing(thing_id: ProductId) -> Content: ...  # type: ignore[empty-body]


def upload_thing(upload: Upload, things: Annotated[Things, StoredThings]) -> None: ...


def place_thing(body: ThingChange, things: Annotated[Things, MongoThings]) -> Thing: ...  # type: ignore[empty-body]


def call_thing(things: Annotated[Things, CalledThings]) -> None: ...


def note_thing(order: OrderState) -> None: ...


def clash_things(
    things: Annotated[Things, MongoThings], rival: Annotated[Things, RivalThings]
) -> None: ...


def sweep_things(things: Annotated[Things, MongoThings]) -> None: ...


def park_thing(event: DeadEvent) -> None: ...


def stream_things(caller: Caller) -> None: ...


def authorize_thing() -> None: ...


def spec(trigger: Trigger, function, context: str = "stock", summary: str = "Does it.") -> Spec:
    name = function.__name__
    source = Path("/nowhere") / context / f"{name}.py"
    return Spec(name, context, str(source), summary, trigger, function)


def http(method: str, path: str, access: Access = Access.GUEST, **more) -> Http:
    return Http(method=method, path=path, access=access, **more)


LIST = spec(http("GET", "/things", Access.PUBLIC), list_things)
CHANGE = spec(http("PATCH", "/things/{thing_id}", then="/things"), change_thing)
DELETE = spec(http("DELETE", "/things/{thing_id}", Access.USER, status=204), delete_thing)
DRAW = spec(http("GET", "/things/{thing_id}", Access.USER), draw_thing)
UPLOAD = spec(
    http(
        "POST",
        "/admin/things",
        Access.ADMIN,
        status=202,
        limit_bytes=100 * 1024 * 1024,
        consumes=("text/csv",),
        timeout_seconds=120,
    ),
    upload_thing,
)
PLACE = spec(http("POST", "/things", Access.INTERNAL, status=201), place_thing, "orders")
CALL = spec(http("POST", "/calls", Access.USER), call_thing, "cart")
NOTE = spec(On((OrderPaid, OrderCancelled, StockReserved)), note_thing, "cart")
SWEEP = spec(Every(5), sweep_things)
PARK = spec(DeadLetters(), park_thing, "ops")
STREAM = spec(Socket("/ws/things", Access.USER), stream_things, "notifications")
AUTHORIZE = spec(Authorizer("/authorize"), authorize_thing, "auth")

CLASH = spec(http("GET", "/clash", Access.PUBLIC), clash_things)

SHOP = [
    LIST,
    CHANGE,
    DELETE,
    DRAW,
    UPLOAD,
    PLACE,
    CALL,
    NOTE,
    SWEEP,
    PARK,
    STREAM,
    AUTHORIZE,
]
