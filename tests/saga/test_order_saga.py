"""The whole order saga under any order of events, losses, duplicates, crashes and clocks."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.cart import changes as cart_changes
from shared.cart.use_cases import changing
from shared.payments import changes as payment_changes
from shared.products.use_cases import reserving
from tests.fakes.cart import FakeCouponUses
from tests.saga.machine import OrderSaga

pytestmark = pytest.mark.slow

CI = settings(
    max_examples=500,
    stateful_step_count=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
# A mutant need only be caught, not explained.
HUNT = settings(CI, max_examples=3000, phases=[Phase.generate], print_blob=False)


def test_nothing_is_lost_sold_twice_charged_twice_or_stuck():
    run_state_machine_as_test(OrderSaga, settings=CI)


def test_a_late_reserve_without_the_tombstone_is_caught(monkeypatch):
    def release_what_is_there(keeper: Any, order: Any) -> None:
        if keeper.reservations.get(order.id):
            release(keeper, order)

    release = reserving.StockKeeper.release
    monkeypatch.setattr(reserving.StockKeeper, "release", release_what_is_there)
    _must_be_caught()


def test_a_void_without_its_refund_is_caught(monkeypatch):
    monkeypatch.setattr(payment_changes, "_with_refund_due", lambda payment: None)
    _must_be_caught()


def test_a_cart_that_settles_an_order_twice_is_caught(monkeypatch):
    def forgetful(cart: Any, *given: Any) -> Any:
        return settled(replace(cart, settled_orders=[]), *given)

    settled = cart_changes.settled
    monkeypatch.setattr(changing, "settled", forgetful)
    _must_be_caught()


def test_a_coupon_that_is_not_returned_is_caught(monkeypatch):
    monkeypatch.setattr(FakeCouponUses, "give_back", lambda *_: None)
    _must_be_caught()


def _must_be_caught() -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(OrderSaga, settings=HUNT)
