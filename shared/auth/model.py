"""Users and sessions: who somebody is, and how long they stay logged in."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.contracts.auth import UserState
from shared.kernel.beginnings import beginnings, from_each_word
from shared.kernel.errors import Conflict, Forbidden, LoginRequired
from shared.kernel.ids import SessionId, UserId

ACCESS_SECONDS = 15 * 60
SESSION_LIFETIME = timedelta(days=7)
# Two tabs, or an answer that was lost on the way: the old token still gives the current one.
ROTATION_GRACE = timedelta(seconds=10)
KEPT_ROTATIONS = 20


class EmailTaken(Conflict):
    """Somebody registered with this e-mail before."""

    code = "email_taken"


class WrongCredentials(LoginRequired):
    """E-mail and password do not belong together; which of them is wrong is not told."""

    code = "wrong_credentials"


class TokenReused(LoginRequired):
    """A refresh token that was rotated away came back: the whole session is revoked."""

    code = "token_reused"


class Blocked(Forbidden):
    """The account is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView:
    """What the API shows of a user; never a hash or token."""

    id: UserId
    email: str
    name: str
    phone: str
    address: str
    role: str
    email_verified: bool
    blocked: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account. ``role``: user or admin. ``version`` counts changes."""

    id: UserId
    email: str
    name: str
    phone: str = ""
    address: str = ""
    role: str = "user"
    email_verified: bool = False
    blocked: bool = False
    password_hash: str
    created_at: datetime
    version: int = 1

    def view(self) -> UserView:
        """The public side."""
        names = UserView.__dataclass_fields__
        return UserView(**{name: getattr(self, name) for name in names})

    def state(self) -> UserState:
        """What the other contexts learn."""
        return UserState(
            id=self.id, email=self.email, name=self.name, blocked=self.blocked, version=self.version
        )

    def changed(self, **fields: str | bool) -> "User":
        """The next version with other fields."""
        return replace(self, version=self.version + 1, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAnswer:
    """The body of every call that answers a user."""

    user: UserView


def normal_email(email: str) -> str:
    """How an e-mail is kept and compared: trimmed and lower-case."""
    return email.strip().lower()


def search_prefixes(email: str, name: str) -> list[str]:
    """What finds an account: every beginning of its e-mail, and of its name from any word on.

    The empty beginning, which all accounts have, is among them.
    """
    return ["", *beginnings([email, *from_each_word(name)])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """When a generation of the refresh token was replaced."""

    generation: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """What the API shows of a session; ``current``: the one that asks."""

    id: SessionId
    created_at: datetime
    last_seen_at: datetime
    user_agent: str
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionList:
    """Where somebody is logged in."""

    items: list[SessionView]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One login on one device: a family of refresh tokens, of which ``generation`` is current.

    The token of a generation is computed from the session's id (see ``RefreshTokens``), so that
    nothing secret is at rest.
    """

    id: SessionId
    user_id: UserId
    generation: int = 1
    rotations: list[Rotation] = field(default_factory=list)
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str = ""
    is_revoked: bool = False

    def view(self, own: SessionId | None) -> SessionView:
        """What its owner sees, asking with the session ``own``."""
        return SessionView(
            id=self.id,
            created_at=self.created_at,
            last_seen_at=self.last_seen_at,
            user_agent=self.user_agent,
            current=self.id == own,
        )


class Presented(Enum):
    """What to do with a refresh token."""

    ROTATE = auto()
    GIVE_CURRENT = auto()
    REVOKE = auto()
    REFUSE = auto()


def judge_token(session: Session | None, generation: int, now: datetime) -> Presented:
    """The verdict on a token of ``generation`` (RFC 9700, section 4.14.2, with a grace)."""
    if session is None or session.is_revoked or session.expires_at <= now:
        return Presented.REFUSE
    if generation == session.generation:
        return Presented.ROTATE
    for rotation in session.rotations:
        if rotation.generation == generation and now - rotation.at <= ROTATION_GRACE:
            return Presented.GIVE_CURRENT
    return Presented.REVOKE
