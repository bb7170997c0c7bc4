"""GET /login: the form that posts to /auth/login."""

from dataclasses import dataclass
from urllib.parse import quote

from shared.runtime.declare import page
from shared.runtime.identity import Access
from shared.runtime.request import local_path
from shared.runtime.schema import Input


class Destination(Input, frozen=True, kw_only=True):
    """Where to go after the log-in; anything but a local path becomes ``/``."""

    next: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where the form goes on to, percent-encoded."""

    next: str


@page("/login", access=Access.PUBLIC)
def show_login(query: Destination) -> Form:
    """The page to log in."""
    return Form(next=quote(local_path(query.next), safe="/"))
