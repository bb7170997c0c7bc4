"""Replicas converge after any order of created, updated and deleted, in every context."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from knative.render.discover import discover
from shared.contracts.auth import UserDeleted, UserRegistered, UserUpdated
from shared.contracts.event import topic_of
from shared.contracts.orders import OrderState
from shared.contracts.products import ProductsImported, ProductState
from shared.kernel.money import Money
from shared.runtime.declare import On, Spec
from shared.runtime.replicas import Replicas
from shared.runtime.wiring import adapters_of
from tests.contracts.consumers.histories import told
from tests.contracts.consumers.runs import database_of, empty, snapshot

pytestmark = pytest.mark.engines


def keepers() -> dict[tuple[str, type], dict[type, Spec]]:
    """The reactions that do nothing but keep a replica, by context and replica and by payload."""
    found: dict[tuple[str, type], dict[type, Spec]] = {}
    for spec in discover():
        adapters = adapters_of(spec)
        if isinstance(spec.trigger, On) and len(adapters) == 1:
            (adapter,) = adapters
            if issubclass(adapter, Replicas):
                mine = found.setdefault((spec.context, adapter), {})
                mine.update(dict.fromkeys(spec.trigger.payloads, spec))
    return found


KEEPERS = keepers()


def test_the_known_replicas_are_among_those_checked():
    contexts = {context for context, _ in KEEPERS}
    assert {"cart", "orders", "payments", "notifications"} <= contexts


def states_of(kind: type, version: int, number: int) -> Any:
    """The event of this type at a version; ``number`` makes its content differ from others."""
    event = told(topic_of(kind), version=version)
    if isinstance(event, ProductsImported):
        product = replace(event.products[0], version=version, price=Money(number))
        return replace(event, products=[product])
    if isinstance(event, ProductState):
        return replace(event, price=Money(number), title=f"Lamp {number}")
    if isinstance(event, OrderState):
        return replace(event, total=Money(number), number=f"P-{number}")
    if isinstance(event, UserRegistered | UserUpdated):
        return replace(event, name=f"Ann {number}")
    assert isinstance(event, UserDeleted), f"say here how {kind.__name__} may differ"
    return event


@st.composite
def deliveries(draw: st.DrawFn, kinds: tuple[type, ...]) -> tuple[list[Any], list[Any]]:
    """A history of one aggregate, and the order in which it is delivered, each once or more."""
    kind, numbers = st.sampled_from(kinds), st.integers(1, 10_000)
    drawn = draw(st.lists(st.tuples(kind, numbers), min_size=1, max_size=6))
    history = [states_of(kind, at + 1, number) for at, (kind, number) in enumerate(drawn)]
    again = draw(st.lists(st.sampled_from(history), max_size=6))
    return history, draw(st.permutations([*history, *again]))


@pytest.mark.parametrize(
    ("context", "replica"), list(KEEPERS), ids=lambda one: getattr(one, "__name__", one)
)
def test_replicas_converge_after_any_order_of_created_updated_and_deleted(
    context, replica, world_of
):
    world, by_kind = world_of(context), KEEPERS[context, replica]
    database = database_of(world.mongo)

    def kept_after(events: list[Any]) -> Any:
        empty(database)
        for event in events:
            world.deliver(by_kind[type(event)], event)
        return snapshot(database, world, context)

    @settings(
        max_examples=40, deadline=None, derandomize=True, database=None, phases=(Phase.generate,)
    )
    @given(deliveries(tuple(by_kind)))
    def converge(told_and_delivered: tuple[list[Any], list[Any]]) -> None:
        history, delivered = told_and_delivered
        newest = kept_after(history[-1:])
        assert newest
        assert kept_after(delivered) == newest

    converge()
