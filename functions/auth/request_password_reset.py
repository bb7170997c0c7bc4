"""POST /auth/password-reset: a link to set a new password, for whoever forgot theirs."""

from typing import Annotated

from shared.auth.inputs import Email
from shared.auth.links import RESET_PASSWORD, new_link
from shared.auth.model import normal_email
from shared.auth.mongo import MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.ports import Links, Throttle, Users
from shared.auth.redis import RedisThrottle
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input

# Enough for somebody whose mail is slow; an address may stand for many people.
_WINDOW_SECONDS = 60 * 60
_PER_EMAIL, _PER_ADDRESS = 5, 100


class ForgottenPassword(Input, frozen=True, kw_only=True):
    """Whose password is forgotten."""

    email: Email


@http(
    "POST",
    "/auth/password-reset",
    access=Access.PUBLIC,
    status=202,
    then="/forgot-password?done=yes",
)
def request_password_reset(
    body: ForgottenPassword,
    info: RequestInfo,
    users: Annotated[Users, MongoUsers],
    links: Annotated[Links, MongoLinks],
    throttle: Annotated[Throttle, RedisThrottle],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Mails a link to set a new password, if there is such an account; the answer is the same."""
    email = normal_email(body.email)
    throttle.check(f"reset:address:{info.client_ip}", _PER_ADDRESS, _WINDOW_SECONDS)
    throttle.check(f"reset:email:{email}", _PER_EMAIL, _WINDOW_SECONDS)
    user = users.by_email(email)
    # A link of nobody is stored, too, so that the time it takes tells little.
    links.add(new_link(user, RESET_PASSWORD, clock.now()), user.name if user else "")
