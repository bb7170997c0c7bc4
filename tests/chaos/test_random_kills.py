"""Something dies every second while people shop; in the end every order has ended well."""

import random
import threading
import time
from contextlib import suppress
from functools import partial

import pytest

from tests.chaos.patience import TROUBLE, must_end_well, patiently, sweep
from tests.chaos.wreck import CHILDREN
from tests.e2e.shop import Client

pytestmark = [pytest.mark.engines, pytest.mark.slow]

_SECONDS, _PERIOD_SECONDS, _SHOPPERS, _SEED = 30.0, 1.0, 2, 20261125
_FUNCTION = "function"
# An engine takes seconds to come back; were it killed each second nothing else would be tested.
_VICTIMS = {_FUNCTION: 10, "mongodb": 2, "kafka": 1, "redis": 1} | dict.fromkeys(CHILDREN, 2)


# The gateway dies, too: when it resets a connection before the handshake, CPython's wrap_socket
# raises without closing the socket it has made (shown by a server that resets at once).
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
def test_orders_survive_a_death_every_second(stack, wrecker, ledger, product_id):
    deaths = dict.fromkeys(_VICTIMS, 0)
    is_over = threading.Event()
    shoppers = [Client(stack) for _ in range(_SHOPPERS)]
    for one in shoppers:
        one.register()
    threads = [
        threading.Thread(target=_shop, args=(ledger, one, product_id, is_over)) for one in shoppers
    ]
    for thread in threads:
        thread.start()
    _kill(wrecker, deaths)
    is_over.set()
    for thread in threads:
        thread.join()
    for one in shoppers:
        assert patiently(ledger, partial(one.get, "/orders"))["total"] > 0
    sweep(ledger)
    ledger.expire_orders()
    must_end_well(ledger)
    stack.wait_until_quiet()
    must_end_well(ledger)
    assert sum(deaths.values()) >= _SECONDS / _PERIOD_SECONDS / 2, deaths


def _kill(wrecker, deaths) -> None:
    chance = random.Random(_SEED)
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        (name,) = chance.choices(list(_VICTIMS), list(_VICTIMS.values()))
        pids = wrecker.function_pids() if name == _FUNCTION else wrecker.pids(name)
        if pids and wrecker.kill_pid(chance.choice(pids)):
            deaths[name] += 1
        time.sleep(_PERIOD_SECONDS)


def _shop(ledger, shopper, product_id, is_over) -> None:
    """Buys, pays or cancels, and cares for no error."""
    chance = random.Random(_SEED)
    while not is_over.is_set():
        with suppress(*TROUBLE):
            shopper.add(product_id, chance.randint(1, 2))
        with suppress(*TROUBLE):
            order_id = shopper.check_out()
            ledger.acknowledged.add(order_id)
            shopper.pay(order_id)
            if chance.random() < 0.3:
                shopper.call("POST", f"/orders/{order_id}/cancel", status=200)
