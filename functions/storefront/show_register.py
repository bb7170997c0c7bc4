"""GET /register: the form that posts to /auth/register."""

from shared.runtime.declare import page
from shared.runtime.identity import Access


@page("/register", access=Access.PUBLIC)
def show_register() -> None:
    """The page to open an account."""
