"""What the shop counts of its business, each where it happens and once."""

import itertools
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from functions.ops.park_dead_letter import park_dead_letter
from functions.products.reserve_stock import reserve_stock
from functions.products.settle_reservation import settle_reservation
from shared.contracts.orders import OrderCreated, OrderPaid
from shared.kernel.errors import IdempotencyMismatch, IllegalTransition, NotFound
from shared.kernel.ids import ProductId
from shared.orders.model import OutOfStock, PriceChanged, Product, Status
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.replicas import Replicas
from tests.fakes.auth import FakeClock
from tests.fakes.ops import FakeDeadLetters
from tests.fakes.orders import a_product
from tests.fakes.products import FakeProducts, FakeReservations
from tests.functions.ops.test_dead_letters import a_dead_event
from tests.functions.orders.world import TOTAL, a_payment
from tests.functions.orders.world import World as OrdersWorld
from tests.functions.payments.world import World as PaymentsWorld
from tests.functions.products.test_reservations import NOW, an_order
from tests.functions.products.test_reservations import a_product as a_stocked_product
from tests.unit.runtime import declared
from tests.unit.runtime.test_handler import call, put


@pytest.fixture
def counted(told):
    """What was counted, without what every request counts."""
    return lambda: dict(told().sums)


def test_an_order_is_counted_when_it_is_made_and_not_when_it_is_asked_for_again(counted):
    world = OrdersWorld()
    assert world.placed() == world.placed()
    assert counted() == {
        "popshop.orders.placed": 1,
        ("popshop.guards", "repeated_order"): 1,
    }


def test_a_rival_that_makes_the_order_first_is_the_one_who_counts(counted, monkeypatch):
    world = OrdersWorld()
    first = world.placed()
    answers = [None, world.orders.by_id[first]]  # not there yet, then there after all
    monkeypatch.setattr(world.orders, "by_key", lambda _: answers.pop(0))
    assert world.placed() == first
    assert counted() == {"popshop.orders.placed": 1, ("popshop.guards", "repeated_order"): 1}


def test_a_sale_counts_once_however_often_its_payment_is_told(counted):
    world = OrdersWorld()
    order_id = world.payable()
    payment = a_payment("landed", order_id, 1)
    for _ in range(3):
        world.hear(payment)
    sums = counted()
    assert sums["popshop.orders.paid"] == 1
    assert sums["popshop.revenue", TOTAL.currency] == TOTAL.amount
    assert sums["popshop.guards", "repeated_event"] == 2


def test_a_sale_that_a_rival_saves_first_counts_once(counted, monkeypatch):
    world = OrdersWorld()
    order_id = world.payable()
    save, tries = world.orders.save, itertools.count()
    # Whatever is saved loses its first race.
    monkeypatch.setattr(world.orders, "save", lambda *of: next(tries) % 2 == 1 and save(*of))
    world.hear(a_payment("landed", order_id, 1))
    assert world.orders.by_id[order_id].status is Status.PAID
    assert counted()["popshop.orders.paid"] == 1


def test_money_that_lands_on_a_cancelled_order_is_no_sale(counted):
    world = OrdersWorld()
    order_id = world.payable()
    world.cancel(order_id)
    world.pay(order_id, "landed")
    world.reserve(order_id)
    sums = counted()
    assert "popshop.orders.paid" not in sums
    assert "popshop.revenue" not in sums
    assert sums["popshop.guards", "illegal_transition"] == 1


def test_a_declined_card_counts_once_and_a_second_one_again(counted):
    world = PaymentsWorld()
    payment = world.started()
    for charge in ("ch_1", "ch_2"):
        world.hear(world.gateway.decline(payment.intent_id, charge))
        world.hear(payment.intent_id)
    assert counted()["popshop.payments.failed", "declined"] == 2


def test_a_parked_letter_counts_under_the_reaction_that_failed(counted):
    park_dead_letter(a_dead_event(), FakeDeadLetters(), FakeClock(NOW))
    assert counted() == {("popshop.dead_letters", "products-reserve-stock"): 1}


def test_what_is_not_in_stock_is_not_sold_and_counted(counted):
    products, reservations = FakeProducts(), FakeReservations()
    products.add(a_stocked_product("lamp", 1))
    for order_id in ("a", "b"):
        order = an_order(OrderCreated, order_id, ("lamp", 1))
        reserve_stock(order, products, reservations, FakeClock(NOW))
    assert products.by_id[ProductId("lamp")].available == 0
    assert counted() == {("popshop.guards", "oversell"): 1}


def test_pieces_are_sold_once_and_a_repetition_is_counted(counted):
    products, reservations = FakeProducts(), FakeReservations()
    products.add(a_stocked_product("lamp", 1))
    for _ in range(2):
        paid = an_order(OrderPaid, "a", ("lamp", 1))
        settle_reservation(paid, products, reservations, FakeClock(NOW))
    assert counted() == {("popshop.guards", "repeated_event"): 1}


class Documents:
    """A collection that has what is to be stored, as new or newer."""

    def update_one(self, *_args: Any, **_options: Any) -> None:
        raise DuplicateKeyError("the upsert met it")


def test_an_old_state_that_is_not_taken_is_counted(counted):
    replicas: Replicas[Product] = Replicas(Documents(), Product)  # type: ignore[arg-type]
    assert not replicas.keep(a_product())
    assert counted() == {("popshop.guards", "stale_version"): 1}


@pytest.mark.parametrize(
    ("refusal", "is_guard"),
    [
        (PriceChanged("It costs more now."), True),
        (OutOfStock("It is gone."), True),
        (IllegalTransition("It was sent already."), True),
        (IdempotencyMismatch(), True),
        (NotFound("Nothing is there."), False),
    ],
)
def test_a_refusal_that_keeps_something_wrong_from_happening_is_counted(counted, refusal, is_guard):
    @http("GET", "/refused", access=Access.PUBLIC)
    def refuse() -> None:
        """Refuses."""
        raise refusal

    call(refuse, "GET", "/api/refused")
    assert counted().get(("popshop.guards", refusal.code), 0) == is_guard


def test_an_identity_that_does_not_verify_is_counted(counted):
    assert put({"quantity": 3}, caller=None, x_shop_identity="forged.mac").status == 401
    assert call(declared.open_vault, "GET", "/api/vault", caller=Caller()).status == 401
    assert counted()["popshop.guards", "bad_identity"] == 1
