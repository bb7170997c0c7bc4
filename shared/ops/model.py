"""Dead letters: events that a reaction could not take, kept until delivered or discarded."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.errors import Conflict
from shared.kernel.ids import DeadLetterId

# Passing failures are tried again by themselves, a minute later and then twice as long each time.
AUTOMATIC_FOR = timedelta(hours=24)
_FIRST_DELAY, _LONGEST_DELAY = timedelta(minutes=1), timedelta(hours=1)
_PASSING = frozenset({404, 408, 409, 429})
_SERVER_ERROR = 500
_SERVICE = re.compile(r"^\w+://(?:[^/]+/_services/([^/]+)|([^./]+)\.)")


class ReplayFailed(Conflict):
    """The reaction refused the event again."""

    code = "replay_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event and the reaction that failed on it.

    ``attributes`` and ``data`` are the event as it was sent. ``attempts`` counts the times it ended
    here. ``replay_at``: when it is tried again by itself; ``None`` waits for a person.
    """

    id: DeadLetterId
    attributes: dict[str, str]
    data: bytes
    reaction: str
    code: int | None
    error: str
    attempts: int
    first_at: datetime
    last_at: datetime
    replay_at: datetime | None

    def view(self) -> "DeadLetterView":
        """What admins see."""
        return DeadLetterView(
            id=self.id,
            event=cloud_event(self.attributes, self.data),
            reaction=self.reaction,
            code=self.code,
            error=self.error,
            attempts=self.attempts,
            first_at=self.first_at,
            last_at=self.last_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterView:
    """A letter in the API; ``event`` is a CloudEvent in JSON."""

    id: DeadLetterId
    event: dict[str, Any]
    reaction: str
    code: int | None
    error: str
    attempts: int
    first_at: datetime
    last_at: datetime


def letter_id(attributes: dict[str, str], reaction: str) -> DeadLetterId:
    """The same for the same event and reaction, so that a repeated failure is the same letter."""
    named = "\n".join((attributes.get("source", ""), attributes["id"], reaction))
    return DeadLetterId(hashlib.sha256(named.encode()).hexdigest()[:32])


def reaction_of(destination: str) -> str:
    """The Knative Service in a subscriber's address; the address itself if there is none."""
    found = _SERVICE.match(destination)
    return (found.group(1) or found.group(2)) if found else destination


def next_replay(
    code: int | None, attempts: int, first_at: datetime, now: datetime
) -> datetime | None:
    """When a letter is tried again by itself; a refused event (4xx) waits for a person."""
    is_passing = code is None or code >= _SERVER_ERROR or code in _PASSING
    if not is_passing or now - first_at > AUTOMATIC_FOR:
        return None
    doublings = min(attempts - 1, 10)
    return now + min(_FIRST_DELAY * (1 << doublings), _LONGEST_DELAY)


def cloud_event(attributes: dict[str, str], data: bytes) -> dict[str, Any]:
    """The event in CloudEvents' JSON format; data that is no JSON stays text."""
    try:
        parsed = json.loads(data)
    except ValueError:
        parsed = data.decode("utf-8", "replace")
    return {**attributes, "data": parsed}
