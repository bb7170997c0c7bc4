"""Fakes of auth's ports."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock

from shared.auth.links import Link
from shared.auth.model import (
    SESSION_LIFETIME,
    EmailTaken,
    Rotation,
    Session,
    User,
)
from shared.kernel.errors import RateLimited
from shared.kernel.ids import SessionId, UserId
from shared.kernel.paging import Page
from shared.runtime.identity import Caller


class FakeClock:
    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class FakeUsers:
    def __init__(self) -> None:
        self.by_id: dict[UserId, User] = {}

    def add(self, user: User) -> None:
        if self.by_email(user.email):
            raise EmailTaken("taken")
        self.by_id[user.id] = user

    def by_email(self, email: str) -> User | None:
        return next((user for user in self.by_id.values() if user.email == email), None)

    def get(self, user_id: UserId) -> User | None:
        return self.by_id.get(user_id)

    def save(self, user: User) -> bool:
        kept = self.by_id.get(user.id)
        if kept is None or kept.version != user.version - 1:
            return False
        self.by_id[user.id] = user
        return True

    def delete(self, user: User) -> bool:
        kept = self.by_id.get(user.id)
        if kept is None or kept.version != user.version:
            return False
        del self.by_id[user.id]
        return True

    def sweep(self) -> int:
        return 0


class FakeDirectory:
    def __init__(self, users: FakeUsers) -> None:
        self.users = users

    def page(self, search: str, page: int, page_size: int) -> Page[User]:
        term = " ".join(search.casefold().split())
        found = [user for user in self.users.by_id.values() if self._is_found(user, term)]
        found.sort(key=lambda user: user.id, reverse=True)
        first = (page - 1) * page_size
        return Page(found[first : first + page_size], page, page_size, len(found))

    def _is_found(self, user: User, term: str) -> bool:
        name = " ".join(user.name.casefold().split())
        return user.email.startswith(term) or f" {term}" in f" {name}"


class FakeSessions:
    def __init__(self) -> None:
        self.by_id: dict[SessionId, Session] = {}

    def add(self, session: Session) -> None:
        self.by_id[session.id] = session

    def get(self, session_id: SessionId) -> Session | None:
        return self.by_id.get(session_id)

    def of_user(self, user_id: UserId) -> list[Session]:
        return [one for one in self.every_of_user(user_id) if not one.is_revoked][:100]

    def every_of_user(self, user_id: UserId) -> list[Session]:
        mine = [session for session in list(self.by_id.values()) if session.user_id == user_id]
        return sorted(mine, key=lambda session: session.created_at, reverse=True)

    def rotate(self, session: Session, now: datetime) -> bool:
        kept = self.by_id[session.id]
        if kept.generation != session.generation or kept.is_revoked:
            return False
        self.by_id[session.id] = replace(
            kept,
            generation=kept.generation + 1,
            rotations=[*kept.rotations, Rotation(generation=kept.generation, at=now)],
            last_seen_at=now,
            expires_at=now + SESSION_LIFETIME,
        )
        return True

    def revoke(self, session_id: SessionId) -> None:
        if session_id in self.by_id:
            self.by_id[session_id] = replace(self.by_id[session_id], is_revoked=True)

    def forget(self, user_id: UserId) -> None:
        for session in self.every_of_user(user_id):
            del self.by_id[session.id]

    def delete_expired(self, now: datetime) -> int:
        gone = [key for key, session in self.by_id.items() if session.expires_at < now]
        for key in gone:
            del self.by_id[key]
        return len(gone)


class FakeLinks:
    """``mailed``: the links and names of the mails that were asked for."""

    def __init__(self) -> None:
        self.by_id: dict[str, Link] = {}
        self.mailed: list[tuple[Link, str]] = []
        self._lock = Lock()

    def add(self, link: Link, name: str) -> None:
        self.by_id[link.id] = link
        if link.user_id is not None:
            self.mailed.append((link, name))

    def get(self, link_id: str) -> Link | None:
        return self.by_id.get(link_id)

    def newest(self, user_id: UserId, purpose: str) -> Link | None:
        asked = [
            link
            for link in self.by_id.values()
            if (link.user_id, link.purpose) == (user_id, purpose)
        ]
        return max(asked, key=lambda link: (link.expires_at, link.id), default=None)

    def use(self, link_id: str) -> bool:
        with self._lock:
            link = self.by_id.get(link_id)
            if link is None or link.used:
                return False
            self.by_id[link_id] = replace(link, used=True)
            return True

    def forget(self, user_id: UserId) -> None:
        self.by_id = {key: link for key, link in self.by_id.items() if link.user_id != user_id}

    def delete_expired(self, now: datetime) -> int:
        kept = {key: link for key, link in self.by_id.items() if link.expires_at > now}
        gone, self.by_id = len(self.by_id) - len(kept), kept
        return gone

    def sweep(self) -> int:
        return 0


class FakePasswords:
    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def matches(self, hashed: str | None, password: str) -> bool:
        return hashed == self.hash(password)


class FakeRevocations:
    def __init__(self) -> None:
        self.sessions: set[SessionId] = set()
        self.users: dict[UserId, int] = {}

    def revoke_session(self, session_id: SessionId) -> None:
        self.sessions.add(session_id)

    def revoke_user(self, user_id: UserId, now: datetime) -> None:
        self.users[user_id] = int(now.timestamp())

    def is_revoked(self, caller: Caller, issued_at: int) -> bool:
        ended_at = self.users.get(caller.user) if caller.user_id else None
        return caller.session_id in self.sessions or (
            ended_at is not None and issued_at <= ended_at
        )


class FakeWarming:
    """``woken``: the services in order, every time that one was named."""

    def __init__(self) -> None:
        self.woken: list[str] = []

    def wake(self, services: Sequence[str]) -> None:
        self.woken += services


class FakeThrottle:
    """Windows never end here: a test is shorter than any."""

    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self.counts: dict[str, int] = {}

    def check(self, key: str, limit: int, window_seconds: int) -> None:
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] > limit:
            raise RateLimited("slow down", window_seconds)

    def refuse_after(self, key: str, limit: int) -> None:
        if self.failures.get(key, 0) >= limit:
            raise RateLimited("slow down", 900)

    def note_failure(self, key: str, window_seconds: int) -> None:
        del window_seconds
        self.failures[key] = self.failures.get(key, 0) + 1

    def forget(self, key: str) -> None:
        self.failures.pop(key, None)
