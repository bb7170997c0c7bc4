"""What the auth context publishes: no more personal data than its consumers need."""

from dataclasses import dataclass

from shared.contracts.event import event_type

# Redis, so that open sockets end with their session: the channel's messages are these keys.
REVOKED_CHANNEL = "revoked"


def revoked_session_key(session_id: str) -> str:
    """The Redis key that exists while access tokens of an ended session may still be about."""
    return f"revoked:session:{session_id}"


def revoked_user_key(user_id: str) -> str:
    """The Redis key with the time (epoch seconds) up to which the user's tokens are void."""
    return f"revoked:user:{user_id}"


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
