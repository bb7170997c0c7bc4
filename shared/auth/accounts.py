"""What people do with their own accounts: another password, a verified address, leaving.

Each ends the sessions both before and after the change that it is about: before, since the change
must not be made while tokens cannot be voided; after, for what was opened in between.
"""

from datetime import datetime

from shared.auth.links import (
    RESET_PASSWORD,
    VERIFY_EMAIL,
    AlreadyVerified,
    InvalidLink,
    Link,
    new_link,
)
from shared.auth.model import User, WrongCredentials
from shared.auth.ports import Links, LinkTokens, Revocations, Sessions, Users
from shared.auth.use_cases import change_user, end_sessions
from shared.kernel.errors import NotFound
from shared.kernel.ids import SessionId, UserId


def replace_password(
    user: User,
    password_hash: str,
    own: SessionId | None,
    users: Users,
    sessions: Sessions,
    revocations: Revocations,
) -> None:
    """Gives the user another password and ends their sessions but ``own``.

    Raises ``WrongCredentials`` if the password that the user had is no longer the account's.
    """
    end_sessions(user.id, sessions, revocations, own)
    kept = user
    while not users.save(kept.changed(password_hash=password_hash)):
        kept = _again(user, users)
    end_sessions(user.id, sessions, revocations, own)


def reset_password(
    link: Link,
    password_hash: str,
    users: Users,
    sessions: Sessions,
    links: Links,
    revocations: Revocations,
) -> None:
    """Uses up a link of ``resetting_link``: another password, no session left.

    Raises ``InvalidLink`` if it was used in the meantime.
    """
    user_id = _owner(link)
    end_sessions(user_id, sessions, revocations)
    if not links.use(link.id):
        raise InvalidLink
    change_user(users, user_id, {"password_hash": password_hash})
    end_sessions(user_id, sessions, revocations)


def resetting_link(
    token: str, links: Links, link_tokens: LinkTokens, users: Users, now: datetime
) -> Link:
    """The link of a token that may set a new password now; ``InvalidLink`` for any other.

    It is the last one asked for, was mailed to the account's present address, is not used.
    """
    link = _link(token, RESET_PASSWORD, links, link_tokens)
    user_id = _owner(link)
    user, newest = users.get(user_id), links.newest(user_id, RESET_PASSWORD)
    is_open = newest == link and not link.used and now < link.expires_at
    if not is_open or user is None or user.email != link.email:
        raise InvalidLink
    return link


def request_verification(user_id: UserId, users: Users, links: Links, now: datetime) -> None:
    """Mails the link that verifies the user's address; ``AlreadyVerified`` if there is no need."""
    user = users.get(user_id)
    if user is None:
        raise NotFound("This account is gone.")
    if user.email_verified:
        raise AlreadyVerified("Your e-mail address is verified already.")
    links.add(new_link(user, VERIFY_EMAIL, now), user.name)


def verify_email(
    token: str, links: Links, link_tokens: LinkTokens, users: Users, now: datetime
) -> None:
    """Notes that the address which the link was mailed to is the account's; again is no change.

    Raises ``InvalidLink`` for any other token, and for an address the account no longer has.
    """
    link = _link(token, VERIFY_EMAIL, links, link_tokens)
    while (user := users.get(_owner(link))) and user.email == link.email:
        if user.email_verified:
            return
        if link.expires_at <= now:
            break
        users.save(user.changed(email_verified=True))
    raise InvalidLink


def delete_account(
    user: User, users: Users, sessions: Sessions, links: Links, revocations: Revocations
) -> None:
    """Ends the user's sessions, deletes the account, tells the others, and forgets the rest.

    Raises ``WrongCredentials`` if the password that the user had is no longer the account's.
    """
    end_sessions(user.id, sessions, revocations)
    kept = user
    while not users.delete(kept):
        kept = _again(user, users)
    end_sessions(user.id, sessions, revocations)
    sessions.forget(user.id)
    links.forget(user.id)


def _again(user: User, users: Users) -> User:
    """The account as it is now, for somebody whose password was checked before."""
    kept = users.get(user.id)
    if kept is None or kept.password_hash != user.password_hash:
        raise WrongCredentials("The password was changed in the meantime; use the new one.")
    return kept


def _link(token: str, purpose: str, links: Links, link_tokens: LinkTokens) -> Link:
    link_id = link_tokens.read(token)
    link = links.get(link_id) if link_id else None
    if link is None or link.purpose != purpose:
        raise InvalidLink
    return link


def _owner(link: Link) -> UserId:
    if link.user_id is None:
        raise InvalidLink
    return link.user_id
