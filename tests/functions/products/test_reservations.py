from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.products.release_reservation import release_reservation
from functions.products.reserve_stock import reserve_stock
from functions.products.settle_reservation import settle_reservation
from functions.products.sweep_products import sweep_products
from shared.contracts.orders import (
    OrderCancelled,
    OrderCreated,
    OrderLine,
    OrderPaid,
    OrderState,
)
from shared.contracts.products import ReservationLine
from shared.kernel.ids import OrderId, ProductId
from shared.kernel.money import Money
from shared.products.model import Product, deleted
from tests.fakes.auth import FakeClock
from tests.fakes.products import FakeCatalogue, FakeImports, FakeProducts, FakeReservations
from tests.fakes.reviews import FakeReviews

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
FREE = Money(0)


def a_product(name: str, available: int) -> Product:
    return Product(
        id=ProductId(name),
        sku=name,
        title=name,
        description="",
        category="audio",
        price=Money(100),
        available=available,
        created_at=NOW,
    )


def an_order(kind: type[OrderState], order_id: str, *lines: tuple[str, int]) -> Any:
    return kind(
        id=order_id,
        number="1",
        user_id="u",
        status="pending",
        lines=[
            OrderLine(
                product_id=name,
                sku=name,
                title=name,
                unit_price=FREE,
                quantity=quantity,
                line_total=FREE,
            )
            for name, quantity in lines
        ],
        subtotal=FREE,
        discount=FREE,
        shipping=FREE,
        tax=FREE,
        total=FREE,
        cart_id="c",
        cart_version=1,
        attempt=1,
        created_at=NOW,
        expires_at=NOW,
        version=1,
    )


@dataclass
class Stock:
    """The three reactions and the sweep on one set of fakes."""

    products: FakeProducts = field(default_factory=FakeProducts)
    reservations: FakeReservations = field(default_factory=FakeReservations)
    imports: FakeImports = field(default_factory=FakeImports)
    reviews: FakeReviews = field(default_factory=FakeReviews)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def on_sale(self, **available: int) -> "Stock":
        for name, pieces in available.items():
            self.products.add(a_product(name, pieces))
        return self

    def created(self, order: str, *lines: tuple[str, int]) -> None:
        event = an_order(OrderCreated, order, *lines)
        reserve_stock(event, self.products, self.reservations, self.clock)

    def paid(self, order: str, *lines: tuple[str, int]) -> None:
        event = an_order(OrderPaid, order, *lines)
        settle_reservation(event, self.products, self.reservations, self.clock)

    def cancelled(self, order: str, *lines: tuple[str, int]) -> None:
        event = an_order(OrderCancelled, order, *lines)
        release_reservation(event, self.products, self.reservations, self.clock)

    def sweep(self) -> None:
        sweep_products(
            self.products,
            self.reservations,
            self.imports,
            self.reviews,
            FakeCatalogue(self.products),
            self.clock,
        )

    def available(self, name: str) -> int:
        return self.products.by_id[ProductId(name)].available

    def held(self, name: str) -> int:
        return sum(hold.quantity for hold in self.products.by_id[ProductId(name)].holds)

    def state(self, order: str) -> str:
        return self.reservations.by_id[OrderId(order)].state


@pytest.fixture
def stock() -> Stock:
    return Stock().on_sale(tea=5, pot=2)


def test_an_order_holds_all_its_pieces_and_says_so(stock):
    stock.created("o", ("tea", 2), ("pot", 1))
    assert (stock.available("tea"), stock.held("tea")) == (3, 2)
    assert (stock.available("pot"), stock.held("pot")) == (1, 1)
    (told,) = stock.reservations.told
    assert (told.state, told.open_since) == ("reserved", None)
    assert [product.available for product in stock.products.told[-2:]] == [1, 3]


def test_two_lines_of_one_product_are_one_hold(stock):
    stock.created("o", ("tea", 3), ("tea", 2))
    assert (stock.available("tea"), stock.held("tea")) == (0, 5)
    stock.created("p", ("pot", 1), ("pot", 2))
    assert stock.state("p") == "rejected"
    assert stock.available("pot") == 2


def test_an_order_that_is_short_holds_nothing_and_names_what_is_missing(stock):
    stock.created("o", ("pot", 3), ("tea", 7), ("gone", 1))
    (told,) = stock.reservations.told
    assert told.state == "rejected"
    assert told.short == [
        ReservationLine(product_id="gone", quantity=1),
        ReservationLine(product_id="pot", quantity=1),
        ReservationLine(product_id="tea", quantity=2),
    ]
    assert (stock.available("tea"), stock.held("tea"), stock.held("pot")) == (5, 0, 0)
    assert stock.reservations.by_id[OrderId("o")].open_since is None


def test_what_was_held_before_the_shortage_was_found_goes_back(stock):
    stock.created("o", ("pot", 1), ("tea", 6))
    assert (stock.available("pot"), stock.held("pot")) == (2, 0)


def test_a_deleted_product_cannot_be_held(stock):
    tea = stock.products.by_id[ProductId("tea")]
    stock.products.save(tea, deleted(tea))
    stock.created("o", ("tea", 1))
    assert stock.state("o") == "rejected"


def test_a_product_deleted_meanwhile_takes_its_pieces_back(stock):
    stock.created("o", ("tea", 2))
    tea = stock.products.by_id[ProductId("tea")]
    stock.products.save(tea, deleted(tea))
    stock.cancelled("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea")) == (5, 0)


def test_every_event_delivered_twice_counts_once(stock):
    for _ in range(2):
        stock.created("o", ("tea", 2))
    assert len(stock.reservations.told) == 1
    for _ in range(2):
        stock.paid("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (3, 0, "committed")
    for _ in range(2):
        stock.cancelled("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (5, 0, "restocked")


def test_a_cancelled_order_frees_its_pieces(stock):
    stock.created("o", ("tea", 2))
    stock.cancelled("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (5, 0, "released")


def test_a_cancellation_that_comes_first_leaves_a_tombstone(stock):
    stock.cancelled("o", ("tea", 2))
    stock.created("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (5, 0, "released")
    assert stock.reservations.told == []


def test_a_payment_after_the_cancellation_sells_nothing(stock):
    stock.created("o", ("tea", 2))
    stock.cancelled("o", ("tea", 2))
    stock.paid("o", ("tea", 2))
    assert (stock.available("tea"), stock.state("o")) == (5, "released")


def test_a_cancellation_during_the_reservation_undoes_its_holds(stock):
    stock.reservations.before_save = lambda: stock.cancelled("o", ("tea", 2))
    stock.created("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (5, 0, "released")


def test_a_late_twin_of_the_reservation_gives_back_what_it_took_after_the_sale(stock):
    def overtaken() -> None:
        stock.created("o", ("tea", 2))
        stock.paid("o", ("tea", 2))

    stock.products.before_save = overtaken
    stock.created("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (3, 0, "committed")


def test_twins_of_a_reservation_share_one_hold(stock):
    stock.reservations.before_save = lambda: stock.created("o", ("tea", 2))
    stock.created("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (3, 2, "reserved")


def test_a_payment_overtaking_the_reservation_reserves_first(stock):
    stock.paid("o", ("tea", 2))
    stock.created("o", ("tea", 2))
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (3, 0, "committed")


class KilledError(Exception):
    pass


def kill() -> None:
    raise KilledError


@pytest.mark.parametrize("place", ["products", "reservations"])
def test_a_reservation_that_died_half_way_is_finished_by_the_sweep(stock, place):
    getattr(stock, place).before_save = kill
    with pytest.raises(KilledError):
        stock.created("o", ("tea", 2))
    stock.sweep()
    assert stock.state("o") == "pending"
    stock.clock.time += timedelta(minutes=3)
    stock.sweep()
    assert (stock.available("tea"), stock.held("tea"), stock.state("o")) == (3, 2, "reserved")


@pytest.mark.parametrize("events", [("cancelled",), ("paid",), ("paid", "cancelled")])
def test_the_sweep_finishes_what_a_dead_reaction_left_on_the_products(stock, events):
    stock.created("o", ("tea", 2))
    for name in events[:-1]:
        getattr(stock, name)("o", ("tea", 2))
    stock.products.before_save = kill
    with pytest.raises(KilledError):
        getattr(stock, events[-1])("o", ("tea", 2))
    stock.clock.time += timedelta(minutes=3)
    stock.sweep()
    assert stock.held("tea") == 0
    assert stock.available("tea") == (3 if events == ("paid",) else 5)
    assert stock.reservations.left_open(stock.clock.time) == []


def test_the_return_of_sold_pieces_is_not_repeated_long_after(stock):
    stock.created("o", ("tea", 2))
    stock.paid("o", ("tea", 2))
    stock.cancelled("o", ("tea", 2))
    tea = stock.products.by_id[ProductId("tea")]
    stock.products.by_id[tea.id] = replace(tea, returned=[])
    stock.cancelled("o", ("tea", 2))
    assert stock.available("tea") == 5


def test_sold_pieces_come_back_once_though_the_reaction_died_before_it_was_done(stock):
    stock.created("o", ("tea", 2))
    stock.paid("o", ("tea", 2))

    def kill_at_the_next_write() -> None:
        stock.reservations.before_save = kill

    stock.products.before_save = kill_at_the_next_write
    with pytest.raises(KilledError):
        stock.cancelled("o", ("tea", 2))
    assert stock.reservations.by_id[OrderId("o")].open_since
    stock.cancelled("o", ("tea", 2))
    assert (stock.available("tea"), stock.state("o")) == (5, "restocked")


# Orders, each with its own legal history; deliveries in any order, any of them several times.
ORDERS = {"a": (("tea", 2), ("pot", 1)), "b": (("tea", 3),), "c": (("pot", 2), ("tea", 1))}
deliveries = st.lists(
    st.tuples(st.sampled_from(sorted(ORDERS)), st.sampled_from(["created", "paid", "cancelled"])),
    max_size=14,
)


def check_conserved(stock: Stock, initial: dict[str, int], cancelled: set[str]) -> None:
    for name, pieces in initial.items():
        sold = held = 0
        for order, reservation in stock.reservations.by_id.items():
            quantity = sum(line.quantity for line in reservation.lines if line.product_id == name)
            sold += quantity if reservation.state == "committed" else 0
            held += quantity if reservation.state == "reserved" else 0
            if order in cancelled:
                assert reservation.state in {"released", "restocked", "rejected"}
        assert stock.available(name) + held + sold == pieces
        assert stock.held(name) == held
        assert stock.available(name) >= 0


@settings(max_examples=300, deadline=None)
@given(deliveries)
def test_stock_is_conserved_whatever_comes_in_whatever_order(events):
    initial = {"tea": 4, "pot": 2}
    stock = Stock().on_sale(**initial)
    for order, name in events:
        getattr(stock, name)(order, *ORDERS[order])
    check_conserved(stock, initial, {order for order, name in events if name == "cancelled"})


def nested(stock: Stock, events: list[tuple[str, str]], places: list[str]) -> None:
    """Delivers the first event; at one of its writes the next is delivered whole, and so on."""
    if not events:
        return
    (order, name), *rest = events

    def rival() -> None:
        nested(stock, rest, places[1:])

    fake: Any = stock.products if places[0] == "products" else stock.reservations
    fake.before_save = rival
    getattr(stock, name)(order, *ORDERS[order])
    if fake.before_save is rival:
        fake.before_save = None
        rival()


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["created", "paid", "cancelled"])),
        max_size=6,
    ),
    st.lists(st.sampled_from(["products", "reservations"]), min_size=7, max_size=7),
)
def test_stock_is_conserved_when_reactions_interrupt_each_other(events, places):
    initial = {"tea": 4, "pot": 2}
    stock = Stock().on_sale(**initial)
    nested(stock, events, places)
    for order, name in events:  # at least once: whatever was interrupted comes again
        getattr(stock, name)(order, *ORDERS[order])
    check_conserved(stock, initial, {order for order, name in events if name == "cancelled"})


class CarelessProducts(FakeProducts):
    """Stores whatever it is given: what the compare-and-set prevents can be seen without it."""

    def save(self, before: Product, after: Product) -> bool:
        rival, self.before_save = self.before_save, None
        if rival:
            rival()
        self.by_id[after.id] = after
        return True


@pytest.mark.parametrize(("products", "held"), [(FakeProducts, 2), (CarelessProducts, 4)])
def test_two_orders_at_once_take_the_last_pieces_once(products, held):
    stock = Stock(products=products()).on_sale(tea=2)
    stock.products.before_save = lambda: stock.created("b", ("tea", 2))
    stock.created("a", ("tea", 2))
    reservations = stock.reservations.by_id.values()
    promised = sum(2 for reservation in reservations if reservation.state == "reserved")
    assert promised == held
