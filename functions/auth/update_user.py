"""PATCH /admin/users/{user_id}: an account's role and whether it is blocked."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from shared.auth.administration import administer
from shared.auth.model import UserAnswer
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.ports import Revocations, Sessions, Users
from shared.auth.redis import RedisRevocations
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.ids import UserId
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input


class UserChange(Input, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    role: Literal["user", "admin"] | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET


@http("PATCH", "/admin/users/{user_id}", access=Access.ADMIN, then="/admin/users/{user.id}")
def update_user(
    user_id: UserId,
    body: UserChange,
    caller: Caller,
    users: Annotated[Users, MongoUsers],
    sessions: Annotated[Sessions, MongoSessions],
    revocations: Annotated[Revocations, RedisRevocations],
    clock: Annotated[Clock, SystemClock],
) -> UserAnswer:
    """Changes an account's role, or blocks or unblocks it."""
    changes = {name: value for name, value in asdict(body).items() if value is not UNSET}
    user = administer(user_id, changes, caller, users, sessions, revocations, clock.now())
    return UserAnswer(user=user.view())
