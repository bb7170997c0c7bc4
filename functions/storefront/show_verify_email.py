"""GET /verify-email?token=: the button that posts to /auth/verify-email."""

from shared.runtime.declare import page
from shared.runtime.identity import Access


@page("/verify-email", access=Access.PUBLIC)
def show_verify_email() -> None:
    """The page that a mailed link opens, to verify an address; opening it changes nothing."""
