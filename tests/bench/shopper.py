"""One shopper's way from the home page to a paid order, each step timed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.shop import Client
from tests.e2e.stack import Stack

_POLL_SECONDS, _PATIENCE_SECONDS = 0.01, 60.0
_HTML = {"Accept": "text/html"}
_OK = 200


@dataclass
class Purchase:
    """What became of it: ms by step, in order."""

    order_id: str = ""
    ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Times a step."""
        began = time.perf_counter()
        yield
        self.ms[name] = (time.perf_counter() - began) * 1000


def buy_something(stack: Stack, think_seconds: float = 0.0) -> Purchase:
    """Browses, signs up, buys and pays; pauses before every step as somebody who reads."""
    client, bought = Client(stack), Purchase()
    try:
        _browse(client, bought, lambda: time.sleep(think_seconds))
        _check_out(client, bought, lambda: time.sleep(think_seconds))
    finally:
        client.close()
    return bought


def _browse(client: Client, bought: Purchase, think: Callable[[], None]) -> None:
    with bought.step("home page"):
        _page(client, "/")
    think()
    product = client.get("/products?in_stock=true")["items"][0]["id"]
    with bought.step("product page"):
        _page(client, f"/products/{product}")
    think()
    with bought.step("register"):
        client.register()
    think()
    with bought.step("add to cart"):
        client.add(product)
    think()
    with bought.step("cart page"):
        _page(client, "/cart")


def _check_out(client: Client, bought: Purchase, think: Callable[[], None]) -> None:
    think()
    with bought.step("checkout page"):
        _page(client, "/checkout")
    think()
    with bought.step("checkout"):
        bought.order_id = client.check_out()
    with bought.step("checkout -> payable"):
        _wait_for(client, bought.order_id, "awaiting_payment")
    think()
    with bought.step("start and confirm the payment"):
        client.pay(bought.order_id)
    with bought.step("confirmed -> paid"):
        _wait_for(client, bought.order_id, "paid")


def _page(client: Client, path: str) -> None:
    answer = client.send("GET", path, headers=_HTML)
    if answer.status_code != _OK:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")


def _wait_for(client: Client, order_id: str, status: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (now := client.order(order_id)["status"]) != status:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the order {order_id} is {now}, not {status}")
        time.sleep(_POLL_SECONDS)
