"""GET /admin/users/{user_id}: one account."""

from typing import Annotated

from shared.auth.model import UserAnswer
from shared.auth.mongo import MongoUsers
from shared.auth.ports import Users
from shared.kernel.errors import NotFound
from shared.kernel.ids import UserId
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("GET", "/admin/users/{user_id}", access=Access.ADMIN)
def get_user(user_id: UserId, users: Annotated[Users, MongoUsers]) -> UserAnswer:
    """One account."""
    user = users.get(user_id)
    if user is None:
        raise NotFound("There is no account with this id.")
    return UserAnswer(user=user.view())
