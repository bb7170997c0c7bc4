"""The accounts as administrators list and search them, over the collection of ``MongoUsers``."""

from typing import Any

from shared.auth.model import User, search_prefixes
from shared.auth.mongo import FOUND_BY, user_of
from shared.kernel.beginnings import searched
from shared.kernel.paging import Page
from shared.runtime.mongo import Index, collection, update_each
from shared.runtime.settings import MongoSettings

# Equality with a beginning, not a range over words: so the index gives the order of a page, too.
INDEXES = (Index("users", [(FOUND_BY, 1), ("_id", -1)]),)
_OLDER_AT_ONCE = 1000


class MongoDirectory:
    """Pages of the ``users`` collection."""

    def __init__(self, mongo: MongoSettings) -> None:
        self._users = collection(mongo, "users")

    def page(self, search: str, page: int, page_size: int) -> Page[User]:
        """The accounts found by ``search``, newest first; all of them when it is empty."""
        self._complete_older()
        query = {FOUND_BY: searched(search)}
        found = self._users.find(query).sort("_id", -1)  # ids sort by the time they were made
        documents = found.skip((page - 1) * page_size).limit(page_size)
        return Page(
            items=[user for document in documents if (user := user_of(document))],
            page=page,
            page_size=page_size,
            total=self._users.count_documents(query),
        )

    def _complete_older(self) -> None:
        """Makes those findable that were stored before there was a search."""
        while older := list(self._users.find({FOUND_BY: None}).limit(_OLDER_AT_ONCE)):
            update_each(self._users, map(_completion, older))


def _completion(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    user = user_of(document)
    found_by = search_prefixes(user.email, user.name) if user else False
    guard = {"_id": document["_id"], "version": document["version"]}
    return guard, {"$set": {FOUND_BY: found_by}}
