"""Places orders over HTTP: the only call from function to function."""

import msgspec

from shared.cart.model import OutOfStock, PriceChanged
from shared.contracts.orders import PlacedOrder, PlaceOrder
from shared.kernel.errors import Refusal, Unavailable
from shared.kernel.ids import UserId
from shared.runtime import typed
from shared.runtime.http_call import post
from shared.runtime.identity import HEADER, Caller, sign_identity
from shared.runtime.settings import InternalCallSettings, PlaceOrderSettings

_PATH = "/orders"
_TIMEOUT_SECONDS = 20.0
_IDENTITY_SECONDS = 60.0
_MADE = frozenset({200, 201})
_CONFLICT = 409
_REFUSALS: dict[str, type[Refusal]] = {kind.code: kind for kind in (OutOfStock, PriceChanged)}


class _Problem(msgspec.Struct):
    code: str = ""
    detail: str = ""


class HttpOrderDesk:
    """Asks the function ``place_order``, in the name of the cart's owner."""

    def __init__(self, call: InternalCallSettings, place: PlaceOrderSettings) -> None:
        self._key = call.key
        self._url = place.url

    def place(self, order: PlaceOrder) -> PlacedOrder:
        """The one order of this key; a refusal of orders is passed on."""
        caller = Caller(user_id=UserId(order.user_id), role="user")
        identity = sign_identity(caller, "POST", _PATH, self._key, _IDENTITY_SECONDS)
        status, body = post(
            self._url,
            msgspec.json.encode(order),
            {"content-type": "application/json", HEADER: identity},
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        if status in _MADE:
            return typed.decode(body, PlacedOrder)
        raise _refusal(status, body)


def _refusal(status: int, body: bytes) -> Exception:
    try:
        problem = typed.decode(body, _Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    if status == _CONFLICT and (kind := _REFUSALS.get(problem.code)):
        return kind(problem.detail)
    if status == 422:  # noqa: PLR2004 - our own request is wrong: a fault, not a refusal
        return ValueError(f"orders does not take the cart's order: {problem.detail}")
    return Unavailable("Orders cannot be placed right now; nothing was charged. Try again.")
