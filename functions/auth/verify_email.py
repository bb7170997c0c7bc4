"""POST /auth/verify-email: the link that was mailed to an address proves the address."""

from typing import Annotated

from shared.auth.accounts import verify_email as verify
from shared.auth.inputs import MailedToken
from shared.auth.link_tokens import KeyedLinkTokens
from shared.auth.mongo import MongoUsers
from shared.auth.mongo_links import MongoLinks
from shared.auth.ports import Links, LinkTokens, Users
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Input


class Verification(Input, frozen=True, kw_only=True):
    """The token of the mailed link."""

    token: MailedToken


@http(
    "POST",
    "/auth/verify-email",
    access=Access.PUBLIC,
    status=204,
    then="/verify-email?done=yes",
)
def verify_email(
    body: Verification,
    users: Annotated[Users, MongoUsers],
    links: Annotated[Links, MongoLinks],
    link_tokens: Annotated[LinkTokens, KeyedLinkTokens],
    clock: Annotated[Clock, SystemClock],
) -> None:
    """Marks the address that the link was mailed to as verified."""
    verify(body.token, links, link_tokens, users, clock.now())
