"""GET /reset-password?token=: the form that posts to /auth/password-reset/confirm."""

from shared.runtime.declare import page
from shared.runtime.identity import Access


@page("/reset-password", access=Access.PUBLIC)
def show_reset_password() -> None:
    """The page that a mailed link opens, to set a new password."""
