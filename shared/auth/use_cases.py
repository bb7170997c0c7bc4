"""Opening, renewing and ending sessions, and the cookies that carry them."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from shared.auth.model import (
    ACCESS_SECONDS,
    SESSION_LIFETIME,
    Blocked,
    Presented,
    Session,
    TokenReused,
    User,
    WrongCredentials,
    judge_token,
)
from shared.auth.ports import Passwords, Revocations, Sessions, Throttle, Tokens, Users
from shared.kernel.errors import LoginRequired, NotFound, Refusal
from shared.kernel.ids import SessionId, UserId, new_id
from shared.runtime.answers import Cookie

ACCESS_COOKIE = "__Host-access"
REFRESH_COOKIE = "__Host-refresh"
# For display only: pages greet with it, nothing is authorised by it.
NAME_COOKIE = "shop-name"
SESSION_SECONDS = int(SESSION_LIFETIME.total_seconds())
# So many wrong passwords, then wait a quarter of an hour.
_FAILURES, _FAILURE_WINDOW_SECONDS = 10, 15 * 60


def check_password(
    user: User | None, password: str, passwords: Passwords, throttle: Throttle, key: str
) -> User:
    """The user, if it is their password; ``WrongCredentials`` otherwise and for nobody.

    Failures are counted under ``key``; after the tenth even the right password is refused.
    """
    throttle.refuse_after(key, _FAILURES)
    if not passwords.matches(user.password_hash if user else None, password) or user is None:
        throttle.note_failure(key, _FAILURE_WINDOW_SECONDS)
        raise WrongCredentials("This password does not belong to this account.")
    throttle.forget(key)
    return user


def open_session(
    user: User,
    user_agent: str,
    users: Users,
    sessions: Sessions,
    tokens: Tokens,
    now: datetime,
) -> tuple[Cookie, ...]:
    """A new login of the user; a token is new at every login (ASVS 7.2.4).

    Whoever changes the password, blocks or deletes the account first writes that and then ends
    the sessions there are; so a login that came in between finds it here and ends itself.
    """
    session = Session(
        id=SessionId(new_id()),
        user_id=user.id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        user_agent=user_agent,
    )
    sessions.add(session)
    kept = users.get(user.id)
    if kept is None or kept.blocked or kept.password_hash != user.password_hash:
        sessions.revoke(session.id)
        raise _no_entry(kept)
    return session_cookies(kept, session, tokens)


def _no_entry(user: User | None) -> Refusal:
    if user and user.blocked:
        return Blocked("This account is blocked; write to us.")
    return WrongCredentials("The password was changed just now; log in with the new one.")


def end_sessions(
    user_id: UserId,
    sessions: Sessions,
    revocations: Revocations,
    keep: SessionId | None = None,
) -> None:
    """Ends all sessions of the user but ``keep``: access tokens and open sockets at once.

    A session is listed until its tokens are void, so a failure on the way can be made good by
    asking again.
    """
    while ending := [one for one in sessions.of_user(user_id) if one.id != keep]:
        for session in ending:
            revocations.revoke_session(session.id)
            sessions.revoke(session.id)


def renew_session(
    token: str,
    users: Users,
    sessions: Sessions,
    tokens: Tokens,
    revocations: Revocations,
    now: datetime,
) -> tuple[User, tuple[Cookie, ...]]:
    """Rotates the refresh token (RFC 9700, section 4.14.2).

    Raises ``TokenReused`` and revokes the session for a token rotated away longer ago than the
    grace, ``LoginRequired`` for any other that is not current.
    """
    session = _presented(token, sessions, tokens, revocations, now)
    user = users.get(session.user_id)
    if user is None or user.blocked:
        raise LoginRequired("This account cannot be used any more.")
    return user, session_cookies(user, session, tokens)


def resume(
    cookies: dict[str, str],
    users: Users,
    sessions: Sessions,
    tokens: Tokens,
    revocations: Revocations,
    now: datetime,
) -> tuple[bool, tuple[Cookie, ...]]:
    """Whether a browser's session could be renewed, with its new cookies or what clears them."""
    token = cookies.get(REFRESH_COOKIE, "")
    try:
        _, renewed = renew_session(token, users, sessions, tokens, revocations, now)
    except (LoginRequired, Blocked):
        return False, no_cookies()
    return True, renewed


def _presented(
    token: str, sessions: Sessions, tokens: Tokens, revocations: Revocations, now: datetime
) -> Session:
    named = tokens.read_refresh_token(token)
    session = sessions.get(named[0]) if named else None
    verdict = judge_token(session, named[1] if named else 0, now)
    if session is None or verdict is Presented.REFUSE:
        raise LoginRequired("The session has ended; log in again.")
    if verdict is Presented.REVOKE:
        sessions.revoke(session.id)
        revocations.revoke_session(session.id)
        raise TokenReused("This token was used before; the session is ended for safety.")
    if verdict is Presented.ROTATE:
        # Whoever loses the race finds the winner's generation, and gets that.
        sessions.rotate(session, now)
        session = sessions.get(session.id) or session
    return session


def session_cookies(user: User, session: Session, tokens: Tokens) -> tuple[Cookie, ...]:
    """Access, refresh and display cookies; ``Blocked`` for a blocked user."""
    if user.blocked:
        raise _no_entry(user)
    return (
        Cookie(
            name=ACCESS_COOKIE,
            value=tokens.access_token(user, session),
            max_age_seconds=ACCESS_SECONDS,
        ),
        Cookie(
            name=REFRESH_COOKIE,
            value=tokens.refresh_token(session),
            max_age_seconds=SESSION_SECONDS,
        ),
        name_cookie(user),
    )


def name_cookie(user: User) -> Cookie:
    """The display-only cookie that pages greet with."""
    return Cookie(
        name=NAME_COOKIE,
        value=quote(user.name),
        max_age_seconds=SESSION_SECONDS,
        is_http_only=False,
    )


def change_user(users: Users, user_id: UserId, changes: Mapping[str, str | bool]) -> User:
    """The user with some fields changed; nothing is written when all are as they were.

    Raises ``NotFound`` for an account that is gone.
    """
    while user := users.get(user_id):
        changed = user.changed(**changes)
        if all(getattr(user, name) == value for name, value in changes.items()):
            return user
        if users.save(changed):
            return changed
    raise NotFound("This account is gone.")


def no_cookies() -> tuple[Cookie, ...]:
    """What removes a session from the browser."""
    names = (ACCESS_COOKIE, REFRESH_COOKIE, NAME_COOKIE)
    return tuple(Cookie(name=name, value="", max_age_seconds=0) for name in names)
