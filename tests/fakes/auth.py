"""Fakes of auth's ports."""

from dataclasses import replace
from datetime import datetime

from shared.auth.model import (
    SESSION_LIFETIME,
    EmailTaken,
    Rotation,
    Session,
    User,
)
from shared.kernel.errors import RateLimited
from shared.kernel.ids import SessionId, UserId
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
        if self.by_id[user.id].version != user.version - 1:
            return False
        self.by_id[user.id] = user
        return True

    def delete(self, user: User) -> bool:
        return self.by_id.pop(user.id, None) is not None

    def sweep(self) -> int:
        return 0


class FakeSessions:
    def __init__(self) -> None:
        self.by_id: dict[SessionId, Session] = {}

    def add(self, session: Session) -> None:
        self.by_id[session.id] = session

    def get(self, session_id: SessionId) -> Session | None:
        return self.by_id.get(session_id)

    def of_user(self, user_id: UserId) -> list[Session]:
        mine = [s for s in self.by_id.values() if s.user_id == user_id and not s.is_revoked]
        return sorted(mine, key=lambda s: s.created_at, reverse=True)

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

    def delete_expired(self, now: datetime) -> int:
        gone = [key for key, session in self.by_id.items() if session.expires_at < now]
        for key in gone:
            del self.by_id[key]
        return len(gone)


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
