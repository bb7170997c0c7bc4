"""POST /auth/me/verification: the link that verifies the caller's address, once more."""

from typing import Annotated

from shared.auth.accounts import request_verification as request_link
from shared.auth.mongo import MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.ports import Links, Throttle, Users
from shared.auth.redis import RedisThrottle
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller

_PER_HOUR, _WINDOW_SECONDS = 5, 60 * 60


@http(
    "POST",
    "/auth/me/verification",
    access=Access.USER,
    status=202,
    then="/profile?done=verification",
)
def request_verification(
    caller: Caller,
    users: Annotated[Users, MongoUsers],
    links: Annotated[Links, MongoLinks],
    throttle: Annotated[Throttle, RedisThrottle],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Mails the link that verifies the caller's e-mail address again."""
    throttle.check(f"verification:{caller.user}", _PER_HOUR, _WINDOW_SECONDS)
    request_link(caller.user, users, links, clock.now())
