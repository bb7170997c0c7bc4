"""The figures of the bar chart."""

from datetime import date, timedelta

import pytest

from shared.orders.chart import HEIGHT, WIDTH, chart_of

FIRST = date(2026, 1, 1)


def a_chart(*amounts):
    return chart_of([(FIRST + timedelta(days=n), amount) for n, amount in enumerate(amounts)])


@pytest.mark.parametrize("length", [1, 2, 30, 366])
def test_all_bars_stand_side_by_side_between_the_axes(length):
    chart = a_chart(*range(length))
    assert len(chart.bars) == length
    for before, after in zip(chart.bars, chart.bars[1:], strict=False):
        assert before.x + before.width < after.x
    assert chart.bars[0].x >= chart.left
    assert chart.bars[-1].x + chart.bars[-1].width <= chart.right <= WIDTH
    for bar in chart.bars:
        assert bar.y + bar.height == pytest.approx(chart.bottom)
        assert 0 <= bar.y <= chart.bottom <= HEIGHT


def test_a_bar_is_as_high_as_its_amount():
    low, none, high = a_chart(1000, 0, 4000).bars
    assert none.height == 0
    assert high.height == pytest.approx(4 * low.height, abs=0.05)


@pytest.mark.parametrize(
    ("largest", "labels"),
    [
        (0, ["0", "1", "2", "3", "4"]),
        (400, ["0", "1", "2", "3", "4"]),
        (401, ["0", "2", "4", "6", "8"]),
        (200_00, ["0", "50", "100", "150", "200"]),
        (310_00, ["0", "100", "200", "300", "400"]),
        (7_999_00, ["0", "2k", "4k", "6k", "8k"]),
        (5_000_000_00, ["0", "2M", "4M", "6M", "8M"]),
    ],
)
def test_the_axis_ends_at_round_amounts_that_reach_the_highest_bar(largest, labels):
    chart = a_chart(0, largest)
    assert [mark.text for mark in chart.amounts] == labels
    assert chart.bars[-1].y >= chart.amounts[-1].at


@pytest.mark.parametrize("length", [1, 5, 6, 30, 31, 366])
def test_a_few_dates_are_written_below_their_bars(length):
    chart = a_chart(*[1] * length)
    assert 1 <= len(chart.dates) <= 5
    assert all(chart.left <= mark.at <= chart.right for mark in chart.dates)
    assert a_chart(1).dates[0].text == "1 Jan"
