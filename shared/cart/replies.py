"""How a cart is answered: with the display cookie that the page head shows."""

from shared.cart.views import CartView
from shared.runtime.answers import Cookie, Reply

_COUNT_COOKIE_SECONDS = 30 * 24 * 3600


def with_count(cart: CartView) -> Reply[CartView]:
    """The cart, and its number of pieces in a cookie that authorises nothing."""
    seconds = _COUNT_COOKIE_SECONDS if cart.pieces else 0
    cookie = Cookie(
        name="cart-count",
        value=str(cart.pieces or ""),
        max_age_seconds=seconds,
        is_http_only=False,
    )
    return Reply(value=cart, cookies=(cookie,))
