from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.products import ReservationLine
from shared.kernel.ids import OrderId
from shared.products.model import Hold
from shared.products.mongo_reservations import MongoReservations
from shared.products.ports import Reservations
from shared.products.reservations import cancelled, done, pending, rejected, reserved, tombstone
from tests.fakes.products import FakeReservations

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LINES = [ReservationLine(product_id="p1", quantity=2)]
ORDER = OrderId("o1")
TAKEN = {"p1": Hold(order_id=ORDER, quantity=2, version=3)}
REAL = pytest.param("real", marks=pytest.mark.engines)


@pytest.fixture(params=["fake", REAL])
def reservations(request: pytest.FixtureRequest) -> Reservations:
    if request.param == "fake":
        return FakeReservations()
    database, sink = request.getfixturevalue("database"), request.getfixturevalue("sink")
    return MongoReservations(database, sink.settings)


def test_an_order_has_one_reservation(reservations):
    first = pending(ORDER, LINES, NOW)
    assert reservations.get(ORDER) is None
    assert reservations.add(first)
    assert not reservations.add(tombstone(ORDER, LINES))
    assert reservations.get(ORDER) == first


def test_only_the_next_version_of_what_is_stored_is_stored(reservations):
    first = pending(ORDER, LINES, NOW)
    reservations.add(first)
    held = reserved(first, TAKEN)
    assert reservations.save(first, held)
    assert not reservations.save(first, rejected(first, LINES, NOW))
    assert reservations.get(ORDER) == held
    free = cancelled(held, NOW)
    assert free is not None
    assert reservations.save(held, free)
    assert reservations.get(ORDER) == free


def test_what_is_open_is_found_until_it_is_done(reservations):
    first = pending(ORDER, LINES, NOW)
    reservations.add(first)
    later = NOW + timedelta(seconds=1)
    assert reservations.left_open(NOW) == []
    assert reservations.left_open(later) == [first]
    held = reserved(first, TAKEN)
    reservations.save(first, held)
    assert reservations.left_open(later) == []
    free = cancelled(held, NOW)
    assert free is not None
    reservations.save(held, free)
    assert reservations.left_open(later) == [free]
    reservations.save(free, done(free))
    assert reservations.left_open(later) == []


@pytest.mark.engines
def test_becoming_reserved_or_rejected_is_told_once(database, sink, told):
    reservations = MongoReservations(database, sink.settings)
    first, other = pending(ORDER, LINES, NOW), pending(OrderId("o2"), LINES, NOW)
    reservations.add(first)
    reservations.add(other)
    held = reserved(first, TAKEN)
    reservations.save(first, held)
    reservations.save(first, held)
    refused = rejected(other, LINES, NOW)
    reservations.save(other, refused)
    reservations.save(refused, done(refused))
    free = cancelled(held, NOW)
    assert free is not None
    reservations.save(held, free)
    assert told() == [("stock-reserved", "o1", 2), ("stock-rejected", "o2", 2)]
