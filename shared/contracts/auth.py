"""What the auth context publishes: no more personal data than its consumers need."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.event import event_type
from shared.kernel.keys import signing

# Redis, so that open sockets end with their session: the channel's messages are these keys.
REVOKED_CHANNEL = "revoked"


def revoked_session_key(session_id: str) -> str:
    """The Redis key that exists while access tokens of an ended session may still be about."""
    return f"revoked:session:{session_id}"


def revoked_user_key(user_id: str) -> str:
    """The Redis key with the time (epoch seconds) up to which the user's tokens are void."""
    return f"revoked:user:{user_id}"


def link_token(key: str, link_id: str) -> str:
    """What a mailed link carries: the link's id and its proof (``key``: ``shared.kernel.keys``).

    Auth stores the id alone and notifications computes the same token from the event, so that
    neither a topic nor a database ever holds something that opens an account.
    """
    proof = hmac.digest(signing(key), f"link:{link_id}".encode(), hashlib.sha256)
    return f"{link_id}.{proof.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """Whom to write to. A deleted user keeps only the id and the version."""

    id: str
    email: str = ""
    name: str = ""
    blocked: bool = False
    deleted: bool = False
    version: int


@event_type("user.registered", context="auth")
class UserRegistered(UserState):
    """Somebody registered."""


@event_type("user.updated", context="auth")
class UserUpdated(UserState):
    """Name, e-mail or standing changed."""


@event_type("user.deleted", context="auth")
class UserDeleted(UserState):
    """A tombstone: every context forgets this person."""


@event_type("link.requested", context="auth")
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequested:
    """A link is to be mailed to the user; ``purpose``: verify_email or reset_password.

    ``email`` is where to: the address when it was asked for.
    """

    id: str
    user_id: str
    email: str
    name: str
    purpose: str
    expires_at: datetime
    version: int
