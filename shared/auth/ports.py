"""What auth needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.auth.links import Link
from shared.auth.model import Session, User
from shared.kernel.ids import GuestId, SessionId, UserId
from shared.kernel.paging import Page
from shared.runtime.identity import Access, Caller


class Users(Protocol):
    """The accounts."""

    def add(self, user: User) -> None:
        """Stores a new account and tells the others; ``EmailTaken`` if the e-mail is in use."""

    def by_email(self, email: str) -> User | None:
        """The account with this (normal) e-mail."""

    def get(self, user_id: UserId) -> User | None:
        """The account with this id."""

    def save(self, user: User) -> bool:
        """Stores the next version; false if somebody else stored one first."""

    def delete(self, user: User) -> bool:
        """Removes the person, keeps a tombstone, tells the others."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class Directory(Protocol):
    """All accounts, for administrators."""

    def page(self, search: str, page: int, page_size: int) -> Page[User]:
        """The accounts found by ``search``, newest first; all of them when it is empty.

        It is the beginning of an e-mail, or of a name from any of its words on, in any case.
        """


class Sessions(Protocol):
    """The logins."""

    def add(self, session: Session) -> None:
        """Stores a new session."""

    def get(self, session_id: SessionId) -> Session | None:
        """The session with this id."""

    def of_user(self, user_id: UserId) -> list[Session]:
        """The user's sessions that were not ended, newest first; at most 100."""

    def every_of_user(self, user_id: UserId) -> list[Session]:
        """All that is kept of a user's sessions, ended ones too, newest first."""

    def rotate(self, session: Session, now: datetime) -> bool:
        """Moves to the next generation; false if another request did so first."""

    def revoke(self, session_id: SessionId) -> None:
        """Ends a session for good."""

    def forget(self, user_id: UserId) -> None:
        """Deletes a user's sessions."""

    def delete_expired(self, now: datetime) -> int:
        """Forgets sessions past their end."""


class Links(Protocol):
    """The mailed links."""

    def add(self, link: Link, name: str) -> None:
        """Stores a link and has it mailed, to ``name``; one of nobody is stored alone."""

    def get(self, link_id: str) -> Link | None:
        """The link with this id."""

    def newest(self, user_id: UserId, purpose: str) -> Link | None:
        """The link that the user asked for last."""

    def use(self, link_id: str) -> bool:
        """Uses a link up; false if it was used before or is gone."""

    def forget(self, user_id: UserId) -> None:
        """Deletes a user's links."""

    def delete_expired(self, now: datetime) -> int:
        """Forgets links past their end; how many."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class LinkTokens(Protocol):
    """What mailed links carry."""

    def read(self, token: str) -> str | None:
        """The id of the link that a genuine token is for."""


class Passwords(Protocol):
    """Password hashing."""

    def hash(self, password: str) -> str:
        """A salted hash."""

    def matches(self, hashed: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; takes as long without one."""


class Tokens(Protocol):
    """Access tokens, refresh tokens and guest ids."""

    def access_token(self, user: User, session: Session) -> str:
        """A signed access token of 15 minutes."""

    def refresh_token(self, session: Session) -> str:
        """The refresh token of the session's present generation."""

    def read_refresh_token(self, token: str) -> tuple[SessionId, int] | None:
        """Session and generation of a genuine refresh token."""


class AccessTokens(Protocol):
    """Verifies access tokens and guest ids (the authoriser's part)."""

    def read_access_token(self, token: str) -> tuple[Caller, int] | None:
        """The caller and the time of issue of a genuine, unexpired token."""

    def new_guest(self) -> tuple[GuestId, str]:
        """A fresh guest id and its cookie's value."""

    def read_guest(self, cookie: str) -> GuestId | None:
        """The guest id of a genuine cookie."""


class SigningKeys(Protocol):
    """The public side of the keys that access tokens are signed with."""

    def published(self) -> dict[str, Any]:
        """A JSON Web Key Set (RFC 7517)."""


class Revocations(Protocol):
    """What ends an access token before its time; outages refuse (``Unavailable``)."""

    def revoke_session(self, session_id: SessionId) -> None:
        """Ends the session's access tokens at once, open sockets included."""

    def revoke_user(self, user_id: UserId, now: datetime) -> None:
        """Ends every access token of the user that was issued before now."""

    def is_revoked(self, caller: Caller, issued_at: int) -> bool:
        """Whether the caller's token was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route of the gateway: who may call it, and the context whose key signs the caller.

    ``warms``: the services that usually follow a request to it.
    """

    service: str
    context: str
    access: Access
    timeout_seconds: int
    is_socket: bool = False
    warms: tuple[str, ...] = ()


class Routes(Protocol):
    """The gateway's route table."""

    def find(self, host: str, method: str, path: str) -> Route | None:
        """The route of a request; HEAD is asked as GET."""


class Identities(Protocol):
    """Signs who calls, for one function and one call."""

    def sign(self, route: Route, method: str, path: str, caller: Caller) -> str:
        """The identity header's value."""


class Warming(Protocol):
    """Starts functions before they are needed."""

    def wake(self, services: Sequence[str]) -> None:
        """Has them woken a little later; never waits and never fails."""


class Throttle(Protocol):
    """Counts tries."""

    def check(self, key: str, limit: int, window_seconds: int) -> None:
        """Counts one try; ``RateLimited`` above the limit in the window."""

    def refuse_after(self, key: str, limit: int) -> None:
        """``RateLimited`` when ``key`` has failed ``limit`` times lately."""

    def note_failure(self, key: str, window_seconds: int) -> None:
        """Counts a failure, forgotten after the window."""

    def forget(self, key: str) -> None:
        """Forgets the failures (a success)."""
