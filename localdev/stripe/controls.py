"""``/_test``: faults of webhooks, and the end of a challenge without a person."""

import msgspec
from aiohttp import web

from localdev.stripe.account import Account
from localdev.stripe.challenge import ChallengeOverError, NoSuchIntentError, end_challenge
from localdev.stripe.errors import error_body
from localdev.stripe.faults import Faults
from localdev.stripe.records import Event

_OUTCOMES = {"succeeded": True, "failed": False}


class _Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event_id: str


class _Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: str


class Controls:
    """The handlers of ``/_test``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Loopback only, no key."""
        router.add_get("/_test/webhooks", self._show)
        router.add_post("/_test/webhooks", self._set_faults)
        router.add_post("/_test/webhooks/replay", self._replay)
        router.add_post("/_test/payment_intents/{id}/authenticate", self._authenticate)

    async def _show(self, _request: web.Request) -> web.Response:
        """The faults now, and how many deliveries wait."""
        seen = msgspec.to_builtins(self._account.faults)
        return web.json_response(seen | {"waiting": self._account.deliveries.waiting()})

    async def _set_faults(self, request: web.Request) -> web.Response:
        """These faults in place of those before; what is left out is no fault."""
        try:
            self._account.faults = msgspec.json.decode(await request.read(), type=Faults)
        except msgspec.DecodeError as error:
            return _wrong(400, str(error))
        return await self._show(request)

    async def _replay(self, request: web.Request) -> web.Response:
        try:
            event_id = msgspec.json.decode(await request.read(), type=_Replay).event_id
        except msgspec.DecodeError as error:
            return _wrong(400, str(error))
        if self._account.store.find(Event, event_id) is None:
            return _wrong(404, f"No such event: '{event_id}'")
        self._account.send(event_id)
        self._account.news.set()
        return web.json_response(self._account.event_object(event_id))

    async def _authenticate(self, request: web.Request) -> web.Response:
        try:
            outcome = msgspec.json.decode(await request.read(), type=_Outcome).outcome
        except msgspec.DecodeError as error:
            return _wrong(400, str(error))
        if outcome not in _OUTCOMES:
            return _wrong(400, f"outcome must be one of {', '.join(_OUTCOMES)}, not {outcome!r}")
        intent_id, is_holder = request.match_info["id"], _OUTCOMES[outcome]
        try:
            intent = end_challenge(self._account, intent_id, is_holder=is_holder)
        except NoSuchIntentError as error:
            return _wrong(404, str(error))
        except ChallengeOverError as error:
            return _wrong(409, str(error))
        return web.json_response(self._account.objects.whole(intent))


def _wrong(status: int, message: str) -> web.Response:
    error = error_body(message, "invalid_request_error")
    return web.json_response({"error": error}, status=status)
