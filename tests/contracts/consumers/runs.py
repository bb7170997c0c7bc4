"""Runs a reaction over events and says what the context's database holds in the end."""

import random
from collections.abc import Callable, Iterable
from typing import Any

from pymongo.database import Database

from shared.kernel.errors import NotFound, Refusal, Unavailable
from shared.notifications.smtp import SmtpMailer
from shared.payments.stripe_gateway import StripeGateway
from shared.runtime.declare import Spec
from shared.runtime.mongo import collection
from shared.runtime.settings import MongoSettings
from tests.contracts.consumers.filling import World

Snapshot = dict[str, list[Any]]
SHUFFLES = 5
# What may differ from run to run although the state is the same. Everything else must be equal.
INCIDENTAL: dict[tuple[str, str], frozenset[str]] = {
    # Counts the changes; a declined card that is heard of late is no change any more.
    ("orders", "orders"): frozenset({"version"}),
    # Counts what happened on a day, so that nothing is missed while the day is summed up.
    ("orders", "daily_sales"): frozenset({"marks"}),
    # Numbered as they arrive, under an id of their own.
    ("notifications", "notifications"): frozenset({"id", "sequence"}),
    # Made with an id of its own when the order ended before its payment began.
    ("payments", "payments"): frozenset({"id"}),
    # Made by an import with an id of its own; the machine's clock says when it was listed.
    ("products", "products"): frozenset({"_id", "listed_at"}),
}
_DECLINED = "payment_failed"


def database_of(mongo: MongoSettings) -> Database[dict[str, Any]]:
    """The database behind the settings."""
    return collection(mongo, "any").database


def empty(database: Database[dict[str, Any]]) -> None:
    """Forgets all documents; indexes stay."""
    for name in database.list_collection_names():
        database[name].delete_many({})


def end_of(
    world: World, seed: Callable[[World], None], spec: Spec, events: Iterable[Any]
) -> Snapshot:
    """What is there after the events, with the refusals on the way to it.

    Begins with an empty database and fresh fakes.
    """
    database = database_of(world.mongo)
    empty(database)
    world.fakes.clear()
    seed(world)
    refusals: set[str] = set()
    for event in events:
        try:
            world.deliver(spec, event)
        except (NotFound, Unavailable) as refusal:  # kept for a person, or tried again
            refusals.add(refusal.code)
        except Refusal as refusal:
            raise AssertionError(f"{spec.name} refuses {event}: {refusal}") from refusal
    return snapshot(database, world, spec.context) | {"refusals": sorted(refusals)}


def snapshot(database: Database[dict[str, Any]], world: World, context: str) -> Snapshot:
    """All documents without what is incidental, what Stripe has and what was mailed."""
    found: Snapshot = {
        name: sorted(
            (
                _essence(document, INCIDENTAL.get((context, name), frozenset()))
                for document in documents
            ),
            key=repr,
        )
        for name in sorted(database.list_collection_names())
        if (documents := list(database[name].find()))
    }
    if gateway := world.fakes.get(StripeGateway):
        found["at Stripe"] = sorted(gateway.intents.values(), key=repr)
    if mailer := world.fakes.get(SmtpMailer):
        found["mailed"] = sorted(mailer.sent, key=repr)
    return found


def _essence(document: dict[str, Any], incidental: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in document.items() if name not in incidental}
    # What was published is pulled, so an outbox says how far, never what.
    kept.pop("outbox", None)
    if "timeline" in kept:
        kept["timeline"] = [step for step in kept["timeline"] if step["reason"] != _DECLINED]
    return kept


def shuffled_twice(events: tuple[Any, ...], number: int) -> list[Any]:
    """Each event twice, in an order that its number decides."""
    return random.Random(number).sample([*events, *events], 2 * len(events))


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ, one line for each place."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            line
            for name in sorted({*one, *other})
            for line in differences(one.get(name), other.get(name), f"{path}.{name}")
        ]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for at, pair in pairs for line in differences(*pair, f"{path}[{at}]")]
    return [] if one == other else [f"{path.lstrip('.')}: {one!r} is now {other!r}"]
