from uuid import UUID

import pytest

from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from shared.kernel.money import Money


def test_ids_are_uuid7_and_sort_by_time():
    ids = [new_id() for _ in range(200)]
    assert {UUID(text).version for text in ids} == {7}
    assert {UUID(text).variant for text in ids} == {"specified in RFC 4122"}
    assert len(set(ids)) == 200
    assert [text[:13] for text in ids] == sorted(text[:13] for text in ids)


def test_money_adds_and_multiplies_in_minor_units():
    assert Money(1299).times(3) + Money(1) == Money(3898)
    assert Money(5) - Money(7) == Money(-2)
    assert Money(995).percent(10) == Money(100)


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_the_clock_keeps_whole_milliseconds_in_utc():
    now = SystemClock().now()
    assert now.microsecond % 1000 == 0
    assert str(now.tzinfo) == "UTC"
