"""Every minute: tries dead letters of passing failures again."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.ops.mongo import MongoDeadLetters
from shared.ops.ports import DeadLetters, Reactions
from shared.ops.reactions import HttpReactions
from shared.ops.use_cases import deliver
from shared.runtime.declare import every

_LIMIT = 100


@every(minutes=1)
def replay_due_letters(
    letters: Annotated[DeadLetters, MongoDeadLetters],
    reactions: Annotated[Reactions, HttpReactions],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Delivers dead letters of outages again, ever more seldom, for a day."""
    for letter in letters.due(clock.now(), _LIMIT):
        deliver(letter, letters, reactions, clock.now())
