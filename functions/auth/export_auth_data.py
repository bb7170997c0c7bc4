"""GET /export/auth: what auth keeps about the caller, to take away."""

from dataclasses import dataclass
from typing import Annotated

from shared.auth.model import SessionView, UserView
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.ports import Sessions, Users
from shared.kernel.errors import NotFound
from shared.runtime.answers import Reply, own_data_as
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthExport:
    """The account, and its logins of the last seven days, newest first; no hash, no token."""

    profile: UserView
    sessions: list[SessionView]


@http("GET", "/export/auth", access=Access.USER)
def export_auth_data(
    caller: Caller,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
) -> Reply[AuthExport]:
    """The caller's account and logins, as a file."""
    user = users.get(caller.user)
    if user is None:
        raise NotFound("This account is gone.")
    logins = [one.view(caller.session_id) for one in sessions.every_of_user(caller.user)]
    return Reply(
        value=AuthExport(profile=user.view(), sessions=logins),
        headers=own_data_as("popshop-auth.json"),
    )
