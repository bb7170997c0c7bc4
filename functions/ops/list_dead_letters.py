"""GET /admin/dead-letters: events that reactions could not take."""

from typing import Annotated

from shared.kernel.paging import Page
from shared.ops.model import DeadLetterView
from shared.ops.mongo import MongoDeadLetters
from shared.ops.ports import DeadLetters
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


@http("GET", "/admin/dead-letters", access=Access.ADMIN)
def list_dead_letters(
    query: PageQuery, letters: Annotated[DeadLetters, MongoDeadLetters]
) -> Page[DeadLetterView]:
    """Events that reactions could not take, the newest failure first."""
    found = letters.page(query.page, query.page_size)
    items = [letter.view() for letter in found.items]
    return Page(items=items, page=found.page, page_size=found.page_size, total=found.total)
