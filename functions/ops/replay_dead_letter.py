"""POST /admin/dead-letters/{letter_id}/replay: delivers a dead letter to its reaction again."""

from typing import Annotated

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import DeadLetterId
from shared.ops.model import DeadLetterView, ReplayFailed
from shared.ops.mongo import MongoDeadLetters
from shared.ops.ports import DeadLetters, Reactions
from shared.ops.reactions import HttpReactions
from shared.ops.use_cases import deliver
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http(
    "POST",
    "/admin/dead-letters/{letter_id}/replay",
    access=Access.ADMIN,
    then="/admin/dead-letters",
    timeout_seconds=60,
)
def replay_dead_letter(
    letter_id: DeadLetterId,
    letters: Annotated[DeadLetters, MongoDeadLetters],
    reactions: Annotated[Reactions, HttpReactions],
    clock: Annotated[Clock, SystemClock],
) -> DeadLetterView:
    """Delivers a dead letter to the one reaction that failed on it; taken, it is gone."""
    letter = letters.get(letter_id)
    failed = deliver(letter, letters, reactions, clock.now())
    if failed:
        raise ReplayFailed(f"{failed.reaction} answered {failed.code}: {failed.error}")
    return letter.view()
