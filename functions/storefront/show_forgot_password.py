"""GET /forgot-password: the form that posts to /auth/password-reset."""

from shared.runtime.declare import page
from shared.runtime.identity import Access


@page("/forgot-password", access=Access.PUBLIC)
def show_forgot_password() -> None:
    """The page to ask for a link that sets a new password."""
