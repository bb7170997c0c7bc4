"""Days in UTC, and the periods that reports are asked for."""

from datetime import UTC, date, datetime

from shared.kernel.errors import Invalid

MAX_DAYS = 366
_USUAL_DAYS = 30


def day_of(moment: datetime) -> date:
    """The day in UTC."""
    return moment.astimezone(UTC).date()


def period(first: date | None, last: date | None, today: date) -> list[date]:
    """The days from ``first`` to ``last``, both included; by default the last 30 up to today.

    Raises ``Invalid``, naming ``from``, for one that ends before it begins or has over 366 days.
    """
    last = last or today
    first = first or date.fromordinal(max(1, last.toordinal() - _USUAL_DAYS + 1))
    length = (last - first).days + 1
    if length < 1:
        raise Invalid({"from": f"{first} is after {last}, the last day"})
    if length > MAX_DAYS:
        raise Invalid({"from": f"{first} to {last} are {length} days; at most {MAX_DAYS} are told"})
    return [date.fromordinal(first.toordinal() + number) for number in range(length)]
