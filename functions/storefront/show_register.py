"""GET /register: the form that posts to /auth/register."""

from urllib.parse import quote

from shared.runtime.declare import page
from shared.runtime.identity import Access
from shared.runtime.request import local_path
from shared.runtime.schema import Destination


@page("/register", access=Access.PUBLIC, warms=("register_user",))
def show_register(query: Destination) -> Destination:
    """The page to open an account."""
    return Destination(next=quote(local_path(query.next), safe="/"))
