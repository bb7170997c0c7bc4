"""GET /login: the form that posts to /auth/login."""

from urllib.parse import quote

from shared.runtime.declare import page
from shared.runtime.identity import Access
from shared.runtime.request import local_path
from shared.runtime.schema import Destination


@page("/login", access=Access.PUBLIC, warms=("log_in",))
def show_login(query: Destination) -> Destination:
    """The page to log in."""
    return Destination(next=quote(local_path(query.next), safe="/"))
