"""``/_test``: faults of webhooks, and what holders and banks do, without a person."""

from collections.abc import Callable, Mapping

import msgspec
from aiohttp import web

from localdev.stripe.account import Account
from localdev.stripe.challenge import ChallengeOverError, NoSuchIntentError, end_challenge
from localdev.stripe.disputes import DisputeRefusedError
from localdev.stripe.disputing import close_dispute, open_dispute
from localdev.stripe.errors import error_body
from localdev.stripe.faults import Faults
from localdev.stripe.records import Event, Record

_CHALLENGES = {"succeeded": True, "failed": False}
_DECISIONS = {"won": True, "lost": False}
_NO_BODY = b"{}"


class _Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    event_id: str


class _Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: str


class _Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = "fraudulent"


class Controls:
    """The handlers of ``/_test``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Loopback only, no key."""
        router.add_get("/_test/webhooks", self._show)
        router.add_post("/_test/webhooks", self._set_faults)
        router.add_post("/_test/webhooks/replay", self._replay)
        intent = "/_test/payment_intents/{id}"
        router.add_post(f"{intent}/authenticate", self._authenticate)
        router.add_post(f"{intent}/dispute", self._dispute)
        router.add_post(f"{intent}/dispute/close", self._close_dispute)

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
        intent_id, body = request.match_info["id"], await request.read()
        return self._answer(
            lambda: end_challenge(self._account, intent_id, is_holder=_choice(body, _CHALLENGES))
        )

    async def _dispute(self, request: web.Request) -> web.Response:
        intent_id, body = request.match_info["id"], await request.read() or _NO_BODY
        return self._answer(
            lambda: open_dispute(
                self._account, intent_id, msgspec.json.decode(body, type=_Reason).reason
            )
        )

    async def _close_dispute(self, request: web.Request) -> web.Response:
        intent_id, body = request.match_info["id"], await request.read()
        return self._answer(
            lambda: close_dispute(self._account, intent_id, is_won=_choice(body, _DECISIONS))
        )

    def _answer(self, act: Callable[[], Record]) -> web.Response:
        """The object after the act, or what is wrong with asking for it."""
        try:
            return web.json_response(self._account.objects.whole(act()))
        except (msgspec.DecodeError, _WrongOutcomeError) as error:
            return _wrong(400, str(error))
        except NoSuchIntentError as error:
            return _wrong(404, str(error))
        except (ChallengeOverError, DisputeRefusedError) as error:
            return _wrong(409, str(error))


class _WrongOutcomeError(ValueError):
    """There is no such outcome."""


def _choice(body: bytes, outcomes: Mapping[str, bool]) -> bool:
    outcome = msgspec.json.decode(body, type=_Outcome).outcome
    if outcome not in outcomes:
        raise _WrongOutcomeError(f"outcome must be one of {', '.join(outcomes)}, not {outcome!r}")
    return outcomes[outcome]


def _wrong(status: int, message: str) -> web.Response:
    error = error_body(message, "invalid_request_error")
    return web.json_response({"error": error}, status=status)
