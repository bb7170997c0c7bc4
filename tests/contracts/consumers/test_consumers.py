"""Every reaction, found by its declaration: events that come twice or late change nothing."""

from typing import Annotated, Any

import pytest

from knative.render.discover import discover
from shared.contracts.products import ProductState, ProductUpdated
from shared.kernel.money import Money
from shared.runtime.declare import On, Spec
from shared.runtime.settings import MongoSettings
from tests.contracts.consumers.filling import World
from tests.contracts.consumers.histories import HISTORIES, History, told
from tests.contracts.consumers.runs import (
    SHUFFLES,
    database_of,
    differences,
    end_of,
    shuffled_twice,
)
from tests.contracts.consumers.seeds import nothing, seeds_of

pytestmark = pytest.mark.engines

REACTIONS = [spec for spec in discover() if isinstance(spec.trigger, On)]


def heard(spec: Spec) -> list[History]:
    """The different stories that a reaction hears, as far as it hears them."""
    assert isinstance(spec.trigger, On)
    parts = (history.of(spec.trigger.payloads) for history in HISTORIES)
    different = {repr(part.events): part for part in parts if part.events}
    return list(different.values())


def check(world: World, spec: Spec, seed: Any, history: History) -> None:
    once = end_of(world, seed, spec, history.events)
    for number in range(SHUFFLES):
        order = shuffled_twice(history.events, number)
        found = differences(once, end_of(world, seed, spec, order))
        names = [f"{type(one).__name__} {one.version}" for one in order]
        assert not found, f"{spec.name}, {history.name}, {seed.__name__}, heard {names}: {found}"


CASES = [
    pytest.param(spec, seed, id=f"{spec.name}-{seed.__name__}")
    for spec in REACTIONS
    for seed in seeds_of(spec.context)
]


@pytest.mark.parametrize(("spec", "seed"), CASES)
def test_events_that_come_twice_and_in_any_order_lead_to_the_same_state(spec, seed, world_of):
    for history in heard(spec):
        check(world_of(spec.context), spec, seed, history)


def test_every_type_that_a_reaction_takes_is_told_in_a_story():
    for spec in REACTIONS:
        assert isinstance(spec.trigger, On)
        told_of = {type(event) for history in heard(spec) for event in history.events}
        assert told_of == set(spec.trigger.payloads), spec.name


# ---- the check itself finds what is wrong


class Notes:
    """A port that keeps whatever it is told."""

    def __init__(self, mongo: MongoSettings) -> None:
        self.documents = database_of(mongo)["notes"]


def counting(product: ProductState, notes: Annotated[Notes, Notes]) -> None:
    notes.documents.update_one({"_id": product.id}, {"$inc": {"times": 1}}, upsert=True)


def last_one_wins(product: ProductState, notes: Annotated[Notes, Notes]) -> None:
    state = {"$set": {"price": product.price.amount}}
    notes.documents.update_one({"_id": product.id}, state, upsert=True)


def a_reaction(function: Any) -> Spec:
    name = function.__name__
    return Spec(name, "cart", __file__, "Is wrong.", On((ProductUpdated,)), function)


@pytest.mark.parametrize("function", [counting, last_one_wins])
def test_a_reaction_that_counts_twice_or_lets_the_last_one_win_is_found(function, world_of):
    spec = a_reaction(function)
    cheaper = told("product.updated", version=3, price=Money(1))
    history = History("a price falls", (told("product.updated"), cheaper))
    with pytest.raises(AssertionError, match=function.__name__):
        check(world_of(spec.context), spec, nothing, history)


class Unheard:
    """An adapter that needs what no test offers."""

    def __init__(self, mongo: MongoSettings, notes: History) -> None:
        del mongo, notes


def asking(product: ProductState, port: Annotated[Unheard, Unheard]) -> None:
    del product, port


def test_a_port_that_nothing_fills_is_named(world_of):
    spec = a_reaction(asking)
    history = History("an update", (told("product.updated"),))
    with pytest.raises(pytest.fail.Exception, match="asking needs Unheard, which needs History"):
        check(world_of(spec.context), spec, nothing, history)
