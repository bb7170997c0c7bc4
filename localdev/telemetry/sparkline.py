"""A few minutes of one figure as the points of an SVG polyline."""

from collections.abc import Sequence

WIDTH, HEIGHT = 160, 32


def points(values: Sequence[float]) -> str:
    """``x,y`` pairs that fill the box, newest at the right; empty for fewer than two values."""
    if len(values) <= 1:
        return ""
    low, high = min(values), max(values)
    across = WIDTH / (len(values) - 1)
    up = (HEIGHT - 2) / ((high - low) or 1)
    # A figure that does not move lies at the bottom.
    pairs = ((at * across, HEIGHT - 1 - (value - low) * up) for at, value in enumerate(values))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)
