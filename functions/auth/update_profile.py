"""PATCH /auth/me: the caller's name, phone and address."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from shared.auth.model import UserAnswer
from shared.auth.mongo import MongoUsers
from shared.auth.ports import Users
from shared.auth.use_cases import change_user, name_cookie
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.schema import Input, ShortText


class ProfileChange(Input, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    name: ShortText | UnsetType = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    address: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET


@http("PATCH", "/auth/me", access=Access.USER, then="/profile")
def update_profile(
    body: ProfileChange, caller: Caller, users: Annotated[Users, MongoUsers]
) -> Reply[UserAnswer]:
    """Changes the caller's own name, phone or address."""
    changes = {name: value for name, value in asdict(body).items() if value is not UNSET}
    user = change_user(users, caller.user, changes)
    return Reply(value=UserAnswer(user=user.view()), cookies=(name_cookie(user),))
