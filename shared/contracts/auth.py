"""What the auth context publishes: no more personal data than its consumers need."""

from dataclasses import dataclass

from shared.contracts.event import event_type


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
