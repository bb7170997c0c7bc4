"""Mailed links: what proves that somebody reads the mail of an account's address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.auth.model import User
from shared.kernel.errors import Conflict, Invalid
from shared.kernel.ids import UserId, new_id

VERIFY_EMAIL = "verify_email"
RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose
# OWASP's advice for a reset is "a short period"; a registration is read when there is time.
LIFETIMES = {VERIFY_EMAIL: timedelta(days=7), RESET_PASSWORD: timedelta(minutes=60)}


class InvalidLink(Invalid):
    """The link is forged, for something else, used, replaced by a newer one or past its end."""

    code = "invalid_link"

    def __init__(self) -> None:
        super().__init__({"token": "this link is no longer good; ask for a new one"})


class AlreadyVerified(Conflict):
    """There is no address left to verify."""

    code = "already_verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as it is kept: its token is computed (``shared.contracts.auth.link_token``).

    ``purpose``: verify_email or reset_password. ``email`` is the address that it was mailed to.
    Without a ``user_id`` it is nobody's and is never mailed.
    """

    id: str
    user_id: UserId | None
    purpose: str
    email: str
    expires_at: datetime
    used: bool = False


def new_link(user: User | None, purpose: str, now: datetime) -> Link:
    """A link to mail to ``user``; nobody's, and without an address, when there is no such user."""
    return Link(
        id=new_id(),
        user_id=user.id if user else None,
        purpose=purpose,
        email=user.email if user else "",
        expires_at=now + LIFETIMES[purpose],
    )
