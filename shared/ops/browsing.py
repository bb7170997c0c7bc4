"""The event browser: what Kafka still holds of the shop's events."""

import functools
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.kernel.errors import Invalid
from shared.kernel.paging import Page
from shared.ops.model import cloud_event

# How far back a look goes: what it costs does not grow with what Kafka holds.
RECORDS_PER_PARTITION = 200
_DESCRIPTION = Path(__file__).parents[2] / "eventing/asyncapi.json"
# The proof of who published it is for reactions alone: nobody needs to read it.
_SECRET = "popshopsig"  # noqa: S105 - the name of an attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event as it lies in its topic; ``attributes`` are CloudEvents' own and extensions."""

    attributes: dict[str, str]
    data: bytes
    recorded_at: datetime

    def view(self) -> dict[str, Any]:
        """The CloudEvent in JSON, without its signature."""
        shown = {name: value for name, value in self.attributes.items() if name != _SECRET}
        return cloud_event(shown, self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage(Page[dict[str, Any]]):
    """A page of CloudEvents, newest first, and the topics to choose from."""

    topics: list[str]


@functools.cache
def published_topics() -> tuple[str, ...]:
    """The topics of the shop's events by name, as rendered from the declarations."""
    channels = json.loads(_DESCRIPTION.read_bytes())["channels"].values()
    return tuple(sorted(channel["address"] for channel in channels))


def topics_to_read(wanted: str) -> tuple[str, ...]:
    """The one topic that is wanted, all of them for none; ``Invalid`` for an unknown one."""
    known = published_topics()
    if not wanted:
        return known
    if wanted not in known:
        raise Invalid({"type": f"no such topic; one of {', '.join(known)}"})
    return (wanted,)


def page_of(events: list[RecordedEvent], page: int, page_size: int) -> EventPage:
    """A page of what was found."""
    shown = events[(page - 1) * page_size : page * page_size]
    return EventPage(
        items=[event.view() for event in shown],
        page=page,
        page_size=page_size,
        total=len(events),
        topics=list(published_topics()),
    )
