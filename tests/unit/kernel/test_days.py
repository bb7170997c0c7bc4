"""The periods that reports are asked for."""

from datetime import date

import pytest

from shared.kernel.days import period
from shared.kernel.errors import Invalid

TODAY = date(2026, 11, 25)


def test_the_last_thirty_days_are_told_by_default():
    days = period(None, None, TODAY)
    assert (len(days), days[0], days[-1]) == (30, date(2026, 10, 27), TODAY)
    assert period(None, date(2026, 1, 30), TODAY)[0] == date(2026, 1, 1)
    assert period(date(2026, 11, 24), None, TODAY) == [date(2026, 11, 24), TODAY]


def test_both_ends_are_included_and_months_change():
    assert period(date(2024, 2, 28), date(2024, 3, 1), TODAY) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


def test_a_leap_year_can_be_told_and_no_more():
    assert len(period(date(2024, 1, 1), date(2024, 12, 31), TODAY)) == 366
    with pytest.raises(Invalid, match="367"):
        period(date(2024, 1, 1), date(2025, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("first", "last"), [(TODAY, date(2026, 11, 24)), (date(2026, 11, 26), None)]
)
def test_a_period_that_ends_before_it_begins_is_refused(first, last):
    with pytest.raises(Invalid) as refused:
        period(first, last, TODAY)
    assert refused.value.errors.keys() == {"from"}


def test_the_ends_of_the_calendar_are_days_too():
    assert period(None, date.min, TODAY) == [date.min]
    assert period(date.max, date.max, TODAY) == [date.max]
