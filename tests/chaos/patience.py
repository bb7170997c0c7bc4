"""A shopper who tries again, and the sweeps that make good what a crash left behind."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import requests
from pymongo.errors import PyMongoError

from tests.chaos.ledger import SWEEPS, Ledger
from tests.e2e.shop import Client
from tests.e2e.waiting import wait_until

T = TypeVar("T")
TROUBLE = (AssertionError, requests.RequestException, PyMongoError, KeyError)
_SECONDS, _PAUSE_SECONDS = 45.0, 0.2


def sweep(ledger: Ledger) -> None:
    """Six minutes pass: every sweep runs, unless its engine is still away.

    Never before an ordered crash: a sweep might do the work of whoever is to die at it.
    """
    if ledger.wrecker.is_waiting():
        return
    with suppress(PyMongoError):
        ledger.grow_old()
    for context in SWEEPS:
        with suppress(*TROUBLE):
            ledger.stack.tick(f"{context}-sweep-{context}")


def patiently(ledger: Ledger, act: Callable[[], T]) -> T:
    """What ``act`` answers at last; time passes after every failure."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return act()
        except TROUBLE:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECONDS)
        sweep(ledger)


def place_order(ledger: Ledger, shopper: Client) -> str:
    """Checks the cart out; an order that was acknowledged must never be lost."""
    order_id = patiently(ledger, shopper.check_out)
    ledger.acknowledged.add(order_id)
    reach(ledger, shopper, order_id, "awaiting_payment")
    return order_id


def pay(ledger: Ledger, shopper: Client, order_id: str) -> None:
    """Pays, and waits until the order knows and the cart is empty."""

    def confirm() -> None:
        if shopper.order(order_id)["status"] != "paid":
            answer = shopper.pay(order_id)
            assert answer.get("status") == "succeeded", answer

    patiently(ledger, confirm)
    reach(ledger, shopper, order_id, "paid")


def cancel(ledger: Ledger, shopper: Client, order_id: str) -> None:
    """Cancels, as often as it takes to be told so."""

    def ask() -> None:
        if shopper.order(order_id)["status"] != "cancelled":
            shopper.call("POST", f"/orders/{order_id}/cancel", status=200)

    patiently(ledger, ask)


def reach(ledger: Ledger, shopper: Client, order_id: str, status: str) -> None:
    """Waits a moment for the events, then for the sweeps."""

    def look() -> None:
        wait_until(lambda: shopper.order(order_id)["status"] == status, status, 1.5)

    patiently(ledger, look)


def must_end_well(ledger: Ledger) -> None:
    """Nothing is lost, charged twice, oversold or stuck, now or after the sweeps."""

    def look() -> None:
        problems = ["not looked"]
        deadline = time.monotonic() + 1.5
        while problems and time.monotonic() < deadline:
            problems = ledger.problems()
        assert problems == []

    patiently(ledger, look)
