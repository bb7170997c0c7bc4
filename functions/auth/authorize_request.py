"""The gateway's external authoriser: who calls, and may they; the gateway asks before a route."""

from typing import Annotated

from shared.auth.gate import Gate
from shared.auth.identities import SignedIdentities
from shared.auth.ports import AccessTokens, Identities, Revocations, Routes, Throttle, Warming
from shared.auth.redis import RedisRevocations, RedisThrottle
from shared.auth.route_table import FileRoutes
from shared.auth.tokens import VerifiedTokens
from shared.auth.warming import HttpWarming
from shared.kernel.errors import NotFound
from shared.runtime.answers import Response
from shared.runtime.declare import authorizer
from shared.runtime.identity import HEADER
from shared.runtime.request import Request


@authorizer("/authorize")
def authorize_request(
    request: Request,
    routes: Annotated[Routes, FileRoutes],
    tokens: Annotated[AccessTokens, VerifiedTokens],
    revocations: Annotated[Revocations, RedisRevocations],
    throttle: Annotated[Throttle, RedisThrottle],
    identities: Annotated[Identities, SignedIdentities],
    warming: Annotated[Warming, HttpWarming],
) -> Response:
    """Admits a request with a signed identity, or answers in the function's place."""
    route = routes.find(request.header("Host"), request.method, request.path)
    if route is None:
        raise NotFound(f"There is nothing at {request.path}.")
    gate = Gate(tokens, revocations, throttle, identities)
    admitted = gate.admit(route, request, request.info().client_ip)
    if _is_step(request):
        warming.wake(route.warms)
    cookies = [("Set-Cookie", cookie.header()) for cookie in admitted.cookies]
    return Response(200, [(HEADER, admitted.identity), *cookies], b"")


def _is_step(request: Request) -> bool:
    """Whether somebody is on the way: no look at a link, no browser's guess at the next page."""
    guesses = request.header("Sec-Purpose"), request.header("Purpose")
    return request.method != "HEAD" and not any("prefetch" in guess.lower() for guess in guesses)
