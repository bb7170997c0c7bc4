"""On dead letters: keeps every event that a reaction could not take."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.ops.mongo import MongoDeadLetters
from shared.ops.ports import DeadLetters
from shared.ops.use_cases import park
from shared.runtime.declare import on_dead_letters
from shared.runtime.events import DeadEvent


@on_dead_letters()
def park_dead_letter(
    event: DeadEvent,
    letters: Annotated[DeadLetters, MongoDeadLetters],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Keeps an event that a reaction could not take, for another try or for a person."""
    park(event, letters, clock.now())
