"""GET /auth/me: the caller's own account."""

from typing import Annotated

from shared.auth.model import UserAnswer
from shared.auth.mongo import MongoUsers
from shared.auth.ports import Users
from shared.kernel.errors import NotFound
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller


@http("GET", "/auth/me", access=Access.USER, alias="/profile")
def get_profile(caller: Caller, users: Annotated[Users, MongoUsers]) -> UserAnswer:
    """The caller's own account."""
    user = users.get(caller.user)
    if user is None:
        raise NotFound("This account is gone.")
    return UserAnswer(user=user.view())
