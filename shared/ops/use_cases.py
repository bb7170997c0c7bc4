"""Parking and delivering dead letters."""

from dataclasses import replace
from datetime import datetime

from shared.ops.model import DeadLetter, letter_id, next_replay, reaction_of
from shared.ops.ports import DeadLetters, Reactions
from shared.runtime.events import DeadEvent
from shared.runtime.telemetry import count

_SUCCESS = range(200, 300)


def park(event: DeadEvent, letters: DeadLetters, now: datetime) -> None:
    """Keeps what could not be delivered; the same event and reaction is the same letter."""
    reaction = reaction_of(event.destination)
    letter = DeadLetter(
        id=letter_id(event.attributes, reaction),
        attributes=event.attributes,
        data=event.data,
        reaction=reaction,
        code=event.code,
        error=event.error,
        attempts=1,
        first_at=now,
        last_at=now,
        replay_at=next_replay(event.code, 1, now, now),
    )
    letters.park(letter)
    count("popshop.dead_letters", reaction=reaction)


def deliver(
    letter: DeadLetter, letters: DeadLetters, reactions: Reactions, now: datetime
) -> DeadLetter | None:
    """Delivers a letter: gone on success (``None``), else with the new failure."""
    code, error = reactions.deliver(letter)
    if code in _SUCCESS:
        letters.discard(letter.id)
        return None
    attempts = letter.attempts + 1
    failed = replace(
        letter,
        code=code,
        error=error,
        attempts=attempts,
        last_at=now,
        replay_at=next_replay(code, attempts, letter.first_at, now),
    )
    letters.park(failed)
    return failed
