"""A bar chart as figures: a template draws it as SVG, which needs neither script nor style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# In the drawing's own units; text of 12 of them is readable on a phone, where one is a pixel.
WIDTH, HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 410, 12, 212
_STEPS = 4
_LABELS = 5
_GAP = 0.2
_THOUSAND, _MILLION = 1_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day; ``x``, ``y``, ``width`` and ``height`` as of an SVG rectangle."""

    date: date
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A label of an axis, at ``x`` or ``y`` of the axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The bars, the labels of both axes, and where the axes are."""

    bars: list[Bar]
    amounts: list[Mark]
    dates: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _BOTTOM


def chart_of(days: Sequence[tuple[date, int]]) -> Chart:
    """The chart of amounts (minor units, not negative) by day."""
    step = _step(max(amount for _, amount in days))
    top = step * _STEPS
    slot = (_RIGHT - _LEFT) / len(days)
    bars = [
        _bar(day, _LEFT + slot * (number + _GAP / 2), slot * (1 - _GAP), amount / top)
        for number, (day, amount) in enumerate(days)
    ]
    every = -(-len(days) // _LABELS)
    return Chart(
        bars=bars,
        amounts=[
            Mark(at=_height_of(number / _STEPS), text=_short(number * step))
            for number in range(_STEPS + 1)
        ],
        dates=[
            Mark(at=round(bar.x + bar.width / 2, 2), text=f"{bar.date.day} {bar.date:%b}")
            for bar in bars[every // 2 :: every]
        ],
    )


def _bar(day: date, x: float, width: float, share: float) -> Bar:
    y = _height_of(share)
    return Bar(date=day, x=round(x, 2), y=y, width=round(width, 2), height=round(_BOTTOM - y, 2))


def _height_of(share: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * share, 2)


def _step(largest: int) -> int:
    """A round number of minor units (1, 2 or 5 and zeros), so many of which reach the largest."""
    power = 100
    while True:
        for leading in (1, 2, 5):
            if leading * power * _STEPS >= largest:
                return leading * power
        power *= 10


def _short(minor_units: int) -> str:
    """``1.5k`` for 1,500.00."""
    major = minor_units // 100
    for size, letter in ((_MILLION, "M"), (_THOUSAND, "k")):
        if major >= size:
            return f"{major / size:g}{letter}"
    return str(major)
