"""DELETE /admin/dead-letters/{letter_id}: gives a dead letter up."""

from typing import Annotated

from shared.kernel.ids import DeadLetterId
from shared.ops.mongo import MongoDeadLetters
from shared.ops.ports import DeadLetters
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http(
    "DELETE",
    "/admin/dead-letters/{letter_id}",
    access=Access.ADMIN,
    status=204,
    then="/admin/dead-letters",
)
def discard_dead_letter(
    letter_id: DeadLetterId, letters: Annotated[DeadLetters, MongoDeadLetters]
) -> None:
    """Gives a dead letter up: its event will never be delivered to that reaction."""
    letters.get(letter_id)
    letters.discard(letter_id)
