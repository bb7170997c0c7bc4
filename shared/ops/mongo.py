"""Dead letters in MongoDB."""

from datetime import datetime
from typing import Any

from shared.kernel.errors import NotFound
from shared.kernel.ids import DeadLetterId
from shared.kernel.paging import Page
from shared.ops.model import DeadLetter
from shared.runtime.mongo import Index, collection
from shared.runtime.settings import MongoSettings

_LETTERS = "dead_letters"
INDEXES: tuple[Index, ...] = (
    Index(_LETTERS, [("last_at", -1)]),
    Index(_LETTERS, [("replay_at", 1)]),
)


class MongoDeadLetters:
    """One document per event and reaction."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._letters = collection(mongo, _LETTERS)

    def park(self, letter: DeadLetter) -> None:
        """Keeps a letter; one that is there already counts another attempt."""
        self._letters.update_one(
            {"_id": letter.id},
            {
                "$setOnInsert": {
                    "attributes": letter.attributes,
                    "data": letter.data,
                    "reaction": letter.reaction,
                    "first_at": letter.first_at,
                },
                "$set": {
                    "code": letter.code,
                    "error": letter.error,
                    "last_at": letter.last_at,
                    "replay_at": letter.replay_at,
                },
                "$max": {"attempts": letter.attempts},
            },
            upsert=True,
        )

    def get(self, letter_id: DeadLetterId) -> DeadLetter:
        """The letter; ``NotFound`` when there is none."""
        document = self._letters.find_one({"_id": letter_id})
        if document is None:
            raise NotFound("There is no such dead letter; it may have been delivered meanwhile.")
        return _letter(document)

    def page(self, page: int, page_size: int) -> Page[DeadLetter]:
        """A page of letters, the newest failure first."""
        found = self._letters.find().sort("last_at", -1)
        documents = found.skip((page - 1) * page_size).limit(page_size)
        return Page(
            items=[_letter(document) for document in documents],
            page=page,
            page_size=page_size,
            total=self._letters.count_documents({}),
        )

    def discard(self, letter_id: DeadLetterId) -> None:
        """Forgets a letter; one that is gone is no error."""
        self._letters.delete_one({"_id": letter_id})

    def due(self, now: datetime, limit: int) -> list[DeadLetter]:
        """Letters whose time to be tried again has come."""
        found = self._letters.find({"replay_at": {"$lte": now}}).sort("replay_at", 1)
        return [_letter(document) for document in found.limit(limit)]


def _letter(document: dict[str, Any]) -> DeadLetter:
    return DeadLetter(
        id=DeadLetterId(document["_id"]),
        attributes=document["attributes"],
        data=bytes(document["data"]),
        reaction=document["reaction"],
        code=document["code"],
        error=document["error"],
        attempts=document["attempts"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        replay_at=document["replay_at"],
    )
