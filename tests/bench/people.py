"""People who use the shop by a mix of actions, over raw kept-alive connections.

Weights as in load models of published shops (Online Boutique, OpenTelemetry's demo), with the
sign-ins, cancelled orders and administrators that those leave out.
"""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.bench.open_loop import Seen
from tests.bench.wire import Answer, Pool, raw_request
from tests.e2e.shop import ADDRESS, PASSWORD

MIX: Mapping[str, float] = {
    "list": 20,
    "product": 35,
    "search": 12,
    "view cart": 10,
    "add": 8,
    "change": 2,
    "sign in": 4,
    "my orders": 5,
    "check out and pay": 3,
    "cancel": 0.5,
    "administer": 0.5,
}
_WORDS = ("camera", "lamp", "tea", "red", "paper", "book", "chair")
_OK, _CREATED = 200, 201
_PAYABLE_SECONDS, _SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 30.0, 0.1, 1.0
_LOG_IN_SHARE = 0.25


@dataclass
class Shop:
    """Where it is, and what is sold and seen."""

    host: str
    admin_host: str
    products: Sequence[str]
    admin_cookies: Mapping[str, str]
    accounts: "list[Account]"
    stripe: Pool
    stripe_auth: str
    seen: Seen = field(default_factory=Seen)
    paid: int = 0
    payable_ms: list[float] = field(default_factory=list)


@dataclass
class Account:
    """A registered person's e-mail address and session."""

    email: str
    cookies: dict[str, str]


class Person:
    """Somebody with a session and a cart."""

    def __init__(self, shop: Shop, pool: Pool, cookies: Mapping[str, str]) -> None:
        self._shop, self._pool, self.cookies = shop, pool, dict(cookies)

    async def act(self) -> None:
        """One action of the mix."""
        name = random.choices(list(MIX), list(MIX.values()))[0]
        await getattr(self, name.replace(" ", "_"))()

    async def list(self) -> None:
        """A page of the catalogue."""
        await self._ask("GET", f"/api/products?page={random.randint(1, 3)}")

    async def product(self) -> None:
        """One product."""
        await self._ask("GET", f"/api/products/{self._some_product()}")

    async def search(self) -> None:
        """A search."""
        await self._ask("GET", "/api/products?" + urlencode({"search": random.choice(_WORDS)}))

    async def view_cart(self) -> None:
        """The cart."""
        await self._ask("GET", "/api/cart")

    async def add(self) -> None:
        """Something more in the cart."""
        body = {"product_id": self._some_product(), "quantity": 1}
        await self._ask("POST", "/api/cart/items", body)

    async def change(self) -> None:
        """Something in the cart, and another quantity or none of it."""
        product = self._some_product()
        await self._ask("POST", "/api/cart/items", {"product_id": product, "quantity": 1})
        if random.random() < 0.5:
            await self._ask("PATCH", f"/api/cart/items/{product}", {"quantity": 2})
        else:
            await self._ask("DELETE", f"/api/cart/items/{product}")

    async def sign_in(self) -> None:
        """A session renewed, or a password typed; one at a time for an account."""
        accounts = self._shop.accounts
        if not accounts:
            return
        account = accounts.pop(0)
        try:
            if random.random() < _LOG_IN_SHARE:
                body = {"email": account.email, "password": PASSWORD}
                answer = await self._ask("POST", "/api/auth/login", body, cookies={})
            else:
                answer = await self._ask("POST", "/api/auth/refresh", cookies=account.cookies)
            if answer is not None and answer.status == _OK:
                account.cookies |= {name: value for name, value in answer.cookies.items() if value}
        finally:
            accounts.append(account)

    async def my_orders(self) -> None:
        """The own orders."""
        await self._ask("GET", "/api/orders")

    async def check_out_and_pay(self) -> None:
        """An order, paid as soon as it can be."""
        order = await self._order()
        if order is None or not await self._is_payable(order):
            return
        answer = await self._ask("POST", "/api/payments", {"order_id": order})
        if answer is not None and answer.status in {_OK, _CREATED}:
            await self._confirm(json.loads(answer.body)["client_secret"])

    async def cancel(self) -> None:
        """An order that is taken back."""
        order = await self._order()
        if order is not None and await self._is_payable(order):
            await self._ask("POST", f"/api/orders/{order}/cancel", {})

    async def administer(self) -> None:
        """A look at all orders from the back office."""
        shop = self._shop
        headers = {"Cookie": _cookie_header(shop.admin_cookies)}
        raw = raw_request("GET", shop.admin_host, "/api/admin/orders", headers)
        await shop.seen.note(self._pool.exchange(raw), "GET /api/admin/orders")

    async def _order(self) -> str | None:
        await self.add()
        answer = await self._ask("POST", "/api/cart/checkout", {"shipping_address": ADDRESS})
        if answer is None or answer.status != _CREATED:
            return None
        return str(json.loads(answer.body)["order_id"])

    async def _is_payable(self, order: str) -> bool:
        """Looks until the saga has reserved the pieces, less often as time goes by.

        A browser hears of it by its WebSocket instead, and asks once.
        """
        began, waited = asyncio.get_running_loop().time(), 0.0
        while waited < _PAYABLE_SECONDS:
            answer = await self._ask("GET", f"/api/orders/{order}")
            status = json.loads(answer.body).get("status") if answer else None
            waited = asyncio.get_running_loop().time() - began
            if status == "awaiting_payment":
                self._shop.payable_ms.append(waited * 1000)
                return True
            if status == "cancelled":
                return False
            pause = min(max(_SHORTEST_PAUSE_SECONDS, waited / 3), _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)
        return False

    async def _confirm(self, client_secret: str) -> None:
        """As the browser does, at Stripe and not at the shop: not among its answers."""
        shop = self._shop
        form = urlencode({"payment_method": "pm_card_visa", "client_secret": client_secret})
        intent = client_secret.split("_secret_", maxsplit=1)[0]
        headers = {
            "Authorization": shop.stripe_auth,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(form)),
        }
        path = f"/v1/payment_intents/{intent}/confirm"
        answer = await shop.stripe.exchange(raw_request("POST", "stripe", path, headers, form))
        shop.paid += answer.status == _OK

    async def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        cookies: Mapping[str, str] | None = None,
    ) -> Answer | None:
        sent = self.cookies if cookies is None else cookies
        headers = {"Cookie": _cookie_header(sent)} if sent else {}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        raw = raw_request(method, self._shop.host, path, headers, content)
        label = f"{method} {path.partition('?')[0]}"
        return await self._shop.seen.note(self._pool.exchange(raw), label)

    def _some_product(self) -> str:
        return random.choice(self._shop.products)


def _cookie_header(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
