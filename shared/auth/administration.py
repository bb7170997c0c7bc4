"""What administrators do with accounts, and what ends with it."""

from collections.abc import Mapping
from datetime import datetime

from shared.auth.model import User
from shared.auth.ports import Revocations, Sessions, Users
from shared.auth.use_cases import change_user, end_sessions
from shared.kernel.errors import Conflict
from shared.kernel.ids import UserId
from shared.runtime.identity import Caller


class OwnAccount(Conflict):
    """Administrators cannot shut themselves out, so that one is always left."""

    code = "own_account"


def administer(
    user_id: UserId,
    changes: Mapping[str, str | bool],
    caller: Caller,
    users: Users,
    sessions: Sessions,
    revocations: Revocations,
    now: datetime,
) -> User:
    """Changes an account's ``role`` or ``blocked``.

    Access tokens carry the role, so each of these ends them at once, and open sockets; blocking
    ends the sessions, too. Asking again for what is so already ends again what a failure left.
    Raises ``OwnAccount`` for an administrator about to block or demote themselves.
    """
    if user_id == caller.user:
        _keep_admin(changes)
    user = change_user(users, user_id, changes)
    if changes:
        revocations.revoke_user(user.id, now)
    if user.blocked:
        end_sessions(user.id, sessions, revocations)
    return user


def _keep_admin(changes: Mapping[str, str | bool]) -> None:
    if changes.get("blocked"):
        raise OwnAccount("You cannot block your own account; another administrator can.")
    if changes.get("role", "admin") != "admin":
        raise OwnAccount("You cannot give up your own role; another administrator can take it.")
