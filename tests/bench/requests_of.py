"""A real request for a function: its declared route, with a caller and ids that exist."""

from collections.abc import Mapping
from typing import Any

from knative.render.discover import discover
from shared.kernel.ids import GuestId, SessionId, UserId, new_id
from shared.runtime.declare import Every, Http, Spec
from shared.runtime.identity import HEADER, Access, Caller, sign_identity
from shared.runtime.request import API_PREFIX
from tests.bench.cluster import Cluster
from tests.bench.starts import Request

HEALTH = Request("/healthz")
_TTL_SECONDS = 3600.0
_TICK = {
    "ce-id": "bench",
    "ce-type": "dev.knative.sources.ping",
    "ce-source": "/bench",
    "ce-specversion": "1.0",
}


class Requests:
    """Requests to the functions of one stack, signed as the gateway's authoriser would."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._specs: dict[str, Spec] = {spec.service_name: spec for spec in discover()}
        self.product = self._some_product()
        self._user = self._some_user()

    def page(self, name: str, path: str) -> Request:
        """The function's page, as a browser asks for it."""
        return self._signed(self._specs[name], path, {"Accept": "text/html"})

    def declared(self, name: str, **variables: str) -> Request:
        """The declared route; ``{product_id}`` and what ``variables`` names are filled in."""
        trigger = self._specs[name].trigger
        if isinstance(trigger, Every):
            return Request("/", "POST", _TICK)
        assert isinstance(trigger, Http), name
        path = trigger.path.format_map(self._variables | variables)
        if trigger.is_api and trigger.access is not Access.INTERNAL:
            path = API_PREFIX + path
        return self._signed(self._specs[name], path, {})

    def deepest(self, name: str) -> Request:
        """The declared route of a read or a schedule whose ids are known; else the health check."""
        trigger = self._specs[name].trigger
        if isinstance(trigger, Every):
            return self.declared(name)
        if isinstance(trigger, Http) and trigger.method == "GET":
            try:
                return self.declared(name)
            except KeyError:
                return HEALTH
        return HEALTH

    @property
    def _variables(self) -> dict[str, str]:
        picture = self.product["images"][0]["url"].rpartition("/")[2]
        return {"product_id": self.product["id"], "key": picture, "user_id": self._user}

    def _signed(self, spec: Spec, path: str, headers: Mapping[str, str]) -> Request:
        trigger = spec.trigger
        assert isinstance(trigger, Http), spec.name
        if trigger.access is Access.PUBLIC:
            return Request(path, trigger.method, headers)
        caller = self._caller(trigger.access)
        key = self._cluster.identity_key(spec.context)
        signed = sign_identity(caller, trigger.method, path, key, _TTL_SECONDS)
        return Request(path, trigger.method, {**headers, HEADER: signed})

    def _caller(self, access: Access) -> Caller:
        if access is Access.GUEST:
            return Caller(guest_id=GuestId(new_id()))
        role = "admin" if access is Access.ADMIN else "user"
        user, session = UserId(self._user), SessionId(new_id())
        return Caller(user_id=user, role=role, name="Bench", session_id=session)

    def _some_product(self) -> dict[str, Any]:
        with_picture = {"deleted": False, "images.0": {"$exists": True}}
        document = self._cluster.stack.database("products").products.find_one(with_picture)
        assert document is not None, "the demo goods have no picture"
        images = [{"url": f"/media/{image['key']}"} for image in document["images"]]
        return {"id": document["_id"], "images": images}

    def _some_user(self) -> str:
        email = self._cluster.stack.facts["logins"]["shopper"]["email"]
        document = self._cluster.stack.database("auth").users.find_one({"email": email})
        assert document is not None, "the demo shopper is unknown"
        return str(document["_id"])
