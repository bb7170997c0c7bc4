"""The way of a request through the authoriser to its function, all in one process."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import msgspec
from msgspec.structs import replace

from functions.auth.authorize_request import authorize_request
from knative.render.discover import discover
from knative.render.routes import Route, all_routes, routes_json, routes_of
from shared.auth.gate import GUEST_COOKIE
from shared.auth.identities import IdentityMasterSettings, SignedIdentities
from shared.auth.route_table import FileRoutes, RouteTableSettings
from shared.auth.tokens import VerifiedTokens, VerifierSettings
from shared.auth.use_cases import ACCESS_COOKIE
from shared.runtime.answers import Content, Response
from shared.runtime.declare import JSON, Authorizer, Http, Socket, Spec, spec_of
from shared.runtime.handler import answer
from shared.runtime.identity import HEADER, Access, Caller
from shared.runtime.request import Request
from tests.fakes.auth import FakeRevocations, FakeThrottle, FakeWarming
from tests.functions.auth.test_gate import GUEST_KEY, MASTER, a_token
from tests.functions.auth.world import PUBLIC

HOSTS = {
    "shop": "shop.localhost:8443",
    "both": "shop.localhost:8443",
    "admin": "admin.localhost:8443",
}
ROLES = ("nobody", "guest", "expired", "user", "admin")
# Whom a route lets in. Without any session one becomes a guest; an expired one is renewed first.
ADMITTED = {
    Access.PUBLIC: frozenset(ROLES),
    Access.GUEST: frozenset({"nobody", "guest", "user", "admin"}),
    Access.USER: frozenset({"user", "admin"}),
    Access.ADMIN: frozenset({"admin"}),
}


@cache
def specs() -> tuple[Spec, ...]:
    """Every declared function."""
    return tuple(discover())


def doors() -> Iterator[tuple[Spec, Route]]:
    """Every function that people reach, with each of its routes."""
    for spec in specs():
        for route in routes_of(spec):
            yield spec, route


def access_of(spec: Spec) -> Access:
    """Who may call, as declared."""
    assert isinstance(spec.trigger, Http | Socket)
    return spec.trigger.access


def an_example_of(path: str) -> str:
    """A path with its variables filled."""
    return path.replace("...}", "}").replace("{", "some-").replace("}", "")


@dataclass
class Way:
    """The authoriser with real tokens and rules, and what it decides on."""

    table: FileRoutes
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)

    @cached_property
    def tokens(self) -> VerifiedTokens:
        """What reads the sessions."""
        return VerifiedTokens(VerifierSettings(PUBLIC, GUEST_KEY))

    @cached_property
    def gate(self) -> Spec:
        """The authoriser's declaration around the function with this way's ports."""

        def decide(request: Request) -> Response:
            identities = SignedIdentities(IdentityMasterSettings(MASTER))
            ports = (self.table, self.tokens, self.revocations, self.throttle, identities)
            return authorize_request(request, *ports, FakeWarming())

        return replace(spec_of(authorize_request), function=decide)

    def session_of(self, role: str) -> dict[str, str]:
        """The headers that make somebody who they are."""
        if role == "nobody":
            return {}
        if role == "guest":
            return {"Cookie": f"{GUEST_COOKIE}={self.tokens.new_guest()[1]}"}
        token = "x.y.z" if role == "expired" else a_token(role)
        return {"Cookie": f"{ACCESS_COOKIE}={token}"}

    def ask(self, method: str, path: str, host: str, headers: dict[str, str]) -> Response:
        """The authoriser's decision, asked as the gateway asks."""
        assert isinstance(self.gate.trigger, Authorizer)
        return answer(self.gate, environ(method, self.gate.trigger.prefix + path, host, headers))

    def go(self, spec: Spec, route: Route, headers: dict[str, str]) -> Response:
        """The answer to one request: the authoriser's refusal, or the function's answer."""
        path, host = an_example_of(route.path), HOSTS[route.host]
        identity: dict[str, str] = {}
        if route.asks_authorizer:
            decision = self.ask(route.method, path, host, headers)
            if decision.status != 200:
                return decision
            identity = {HEADER: dict(decision.headers)[HEADER]}
        return answer(probe(spec), environ(route.method, path, host, identity))


def whole_table(folder: Any) -> FileRoutes:
    """The route table of all functions as they are declared now."""
    file = folder / "routes.json"
    file.write_text(routes_json(all_routes(specs())))
    return FileRoutes(RouteTableSettings(str(file)))


@cache
def probe(spec: Spec) -> Spec:
    """The same declaration around a function that only says who called it."""

    def say(caller: Caller) -> Content:
        return Content(body=msgspec.json.encode(caller), media_type=JSON)

    if isinstance(spec.trigger, Socket):
        # Opening a socket needs a server; who may is asked in the same words as for a route.
        door = Http(method="GET", path=spec.trigger.path, access=spec.trigger.access, is_api=False)
        return replace(spec, function=say, trigger=door)
    return replace(spec, function=say)


def environ(method: str, path: str, host: str, headers: dict[str, str]) -> dict[str, Any]:
    """A request as a server hands it over."""
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_HOST": host,
        "CONTENT_TYPE": JSON,
        "CONTENT_LENGTH": "0",
        "wsgi.input": io.BytesIO(),
    } | named
