"""GET /admin/users: all accounts, newest first."""

from typing import Annotated

from msgspec import Meta

from shared.auth.model import UserView
from shared.auth.mongo_directory import MongoDirectory
from shared.auth.ports import Directory
from shared.kernel.paging import Page
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


class UsersQuery(PageQuery, frozen=True, kw_only=True):
    """``search``: the beginning of an e-mail, or of a name from any of its words on."""

    search: Annotated[str, Meta(max_length=254)] = ""


@http("GET", "/admin/users", access=Access.ADMIN)
def list_users(
    query: UsersQuery, directory: Annotated[Directory, MongoDirectory]
) -> Page[UserView]:
    """All accounts, newest first."""
    found = directory.page(query.search, query.page, query.page_size)
    items = [user.view() for user in found.items]
    return Page(items=items, page=found.page, page_size=found.page_size, total=found.total)
