"""Draws a product's picture: a flat motif on its category's colour."""

import colorsys
import hashlib
import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from localdev.seed.catalogue import Good

SIZE = 800
Colour = tuple[int, int, int]
_INK: Colour = (38, 42, 54)
_LIGHT: Colour = (250, 250, 252)


class _Easel:
    """A canvas in units of a hundredth of the picture, with three colours of the product."""

    def __init__(self, good: Good) -> None:
        hue = int(hashlib.sha256(good.category.encode()).hexdigest()[:4], 16) / 0xFFFF
        turn = int(hashlib.sha256(good.sku.encode()).hexdigest()[:4], 16) / 0xFFFF
        self.image = Image.new("RGB", (SIZE, SIZE), _rgb(hue, 0.16, 0.97))
        self.draw = ImageDraw.Draw(self.image)
        self.main = _rgb(hue + 0.12 * turn, 0.55, 0.78)
        self.accent = _rgb(hue + 0.45 + 0.1 * turn, 0.6, 0.92)
        self.circle(50, 52, 38, _rgb(hue, 0.08, 1.0))

    def box(
        self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 4
    ) -> None:
        """A rectangle with round corners."""
        edges = [value * SIZE / 100 for value in (left, top, right, bottom)]
        self.draw.rounded_rectangle(edges, radius * SIZE / 100, fill)

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """A disc."""
        edges = [value * SIZE / 100 for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(edges, fill)

    def arc(self, x: float, y: float, radius: float, start: int, end: int, width: float) -> None:
        """A part of a ring in ink; degrees clockwise from three o'clock."""
        edges = [value * SIZE / 100 for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.arc(edges, start, end, _INK, round(width * SIZE / 100))


def _rgb(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _screen(easel: _Easel, left: float, top: float, right: float, bottom: float) -> None:
    easel.box(left, top, right, bottom, _INK)
    easel.box(left + 2, top + 2, right - 2, bottom - 2, easel.main, 2)
    easel.box(left + 5, top + 6, (left + right) / 2, top + 9, _LIGHT, 1)
    easel.box(left + 5, top + 11, right - 8, top + 13, easel.accent, 1)


def _camera(easel: _Easel) -> None:
    easel.box(24, 36, 76, 72, _INK)
    easel.box(38, 30, 56, 38, _INK, 2)
    easel.circle(50, 54, 14, _LIGHT)
    easel.circle(50, 54, 10, easel.main)
    easel.circle(69, 42, 2.5, easel.accent)


def _laptop(easel: _Easel) -> None:
    _screen(easel, 26, 30, 74, 64)
    easel.box(18, 64, 82, 69, easel.accent, 2)


def _monitor(easel: _Easel) -> None:
    _screen(easel, 20, 26, 80, 64)
    easel.box(46, 64, 54, 74, _INK, 1)
    easel.box(36, 73, 64, 76, _INK, 1)


def _phone(easel: _Easel) -> None:
    _screen(easel, 36, 22, 64, 80)
    easel.circle(50, 75, 1.6, _LIGHT)


def _tablet(easel: _Easel) -> None:
    _screen(easel, 28, 24, 72, 80)


def _handheld(easel: _Easel) -> None:
    easel.box(30, 20, 70, 84, easel.accent)
    _screen(easel, 34, 24, 66, 52)
    easel.circle(60, 64, 4, _INK)
    easel.box(37, 63, 49, 67, _INK, 1)
    easel.box(41, 59, 45, 71, _INK, 1)


def _keyboard(easel: _Easel) -> None:
    easel.box(16, 40, 84, 68, easel.main)
    for row in range(3):
        for column in range(10):
            left, top = 19 + column * 6.3, 43 + row * 6
            easel.box(left, top, left + 5, top + 4.6, _LIGHT, 1)
    easel.box(34, 61.5, 66, 65.5, easel.accent, 1)


def _headphones(easel: _Easel) -> None:
    easel.arc(50, 52, 24, 180, 360, 4)
    easel.box(22, 50, 34, 72, easel.main)
    easel.box(66, 50, 78, 72, easel.main)
    easel.box(31, 53, 36, 69, _INK, 2)
    easel.box(64, 53, 69, 69, _INK, 2)


def _earbuds(easel: _Easel) -> None:
    for left in (34, 56):
        easel.circle(left + 5, 44, 8, easel.main)
        easel.box(left + 2, 46, left + 8, 70, _LIGHT, 3)
        easel.circle(left + 5, 44, 3, _INK)


def _speaker(easel: _Easel) -> None:
    easel.box(34, 24, 66, 80, _INK)
    easel.circle(50, 60, 13, easel.main)
    easel.circle(50, 60, 6, easel.accent)
    easel.circle(50, 36, 6, easel.main)


def _box(easel: _Easel) -> None:
    easel.box(28, 36, 72, 72, easel.main)
    easel.box(28, 36, 72, 46, easel.accent)
    easel.circle(64, 65, 2.5, _LIGHT)
    easel.box(33, 62, 48, 67, _INK, 1)


def _clock(easel: _Easel) -> None:
    easel.circle(50, 52, 26, _INK)
    easel.circle(50, 52, 22, _LIGHT)
    easel.box(49, 36, 51, 53, _INK, 1)
    easel.box(49, 51, 64, 53, easel.accent, 1)
    easel.circle(50, 52, 2.5, easel.main)


def _cable(easel: _Easel) -> None:
    for radius in (24, 18, 12):
        easel.arc(50, 50, radius, 0, 360, 3)
    easel.box(66, 66, 82, 74, easel.main, 2)
    easel.box(80, 68, 86, 72, easel.accent, 1)


def _bag(easel: _Easel) -> None:
    easel.arc(50, 34, 10, 180, 360, 3)
    easel.box(28, 34, 72, 80, easel.main, 8)
    easel.box(34, 56, 66, 74, easel.accent)
    easel.box(34, 44, 66, 47, _INK, 1)


def _plug(easel: _Easel) -> None:
    easel.box(42, 22, 46, 38, _INK, 1)
    easel.box(54, 22, 58, 38, _INK, 1)
    easel.box(34, 36, 66, 66, easel.main)
    easel.box(47, 66, 53, 82, _INK, 1)


def _mat(easel: _Easel) -> None:
    easel.box(16, 36, 84, 72, easel.main)
    easel.box(18, 38, 82, 70, easel.accent, 3)
    easel.box(62, 46, 72, 62, _LIGHT, 5)


def _controller(easel: _Easel) -> None:
    easel.box(20, 40, 80, 64, easel.main, 12)
    easel.circle(28, 64, 9, easel.main)
    easel.circle(72, 64, 9, easel.main)
    easel.box(31, 50, 43, 54, _INK, 1)
    easel.box(35, 46, 39, 58, _INK, 1)
    for x, y in ((64, 47), (70, 52), (64, 57), (58, 52)):
        easel.circle(x, y, 2.6, easel.accent)


def _mouse(easel: _Easel) -> None:
    easel.box(36, 26, 64, 78, easel.main, 14)
    easel.box(49, 26, 51, 50, _INK, 1)
    easel.box(48, 34, 52, 44, easel.accent, 2)


def _lamp(easel: _Easel) -> None:
    easel.circle(50, 42, 18, easel.accent)
    easel.box(46, 58, 54, 74, _INK, 1)
    easel.box(34, 73, 66, 78, _INK, 2)


def _sensor(easel: _Easel) -> None:
    for x, y in ((36, 46), (64, 46), (50, 66)):
        easel.circle(x, y, 11, easel.main)
        easel.circle(x, y, 4, _LIGHT)


def _watch(easel: _Easel) -> None:
    easel.box(42, 18, 58, 86, easel.accent)
    easel.circle(50, 52, 19, _INK)
    easel.circle(50, 52, 15, _LIGHT)
    easel.box(49, 42, 51, 53, _INK, 1)
    easel.box(49, 51, 58, 53, easel.main, 1)


def _ring(easel: _Easel) -> None:
    easel.arc(50, 52, 22, 0, 360, 7)
    easel.circle(50, 31, 4, easel.accent)


def _drive(easel: _Easel) -> None:
    easel.box(32, 28, 68, 74, easel.main, 6)
    easel.box(38, 36, 62, 48, _LIGHT, 2)
    easel.circle(60, 66, 2, easel.accent)
    easel.box(45, 74, 55, 79, _INK, 1)


def _nas(easel: _Easel) -> None:
    easel.box(28, 24, 72, 80, _INK)
    for left in (32, 52):
        easel.box(left, 30, left + 16, 70, easel.main, 2)
        easel.circle(left + 8, 64, 2, easel.accent)


def _card(easel: _Easel) -> None:
    easel.box(24, 36, 76, 70, easel.main)
    easel.box(24, 44, 76, 50, _INK, 0)
    easel.box(30, 58, 50, 62, _LIGHT, 1)
    easel.circle(68, 60, 4, easel.accent)


def _kit(easel: _Easel) -> None:
    easel.box(22, 36, 78, 70, easel.main)
    for number in range(7):
        easel.box(27 + number * 7, 42, 30 + number * 7, 64, _LIGHT, 1)
        easel.box(27 + number * 7, 42, 30 + number * 7, 48, easel.accent, 1)


def _mug(easel: _Easel) -> None:
    easel.arc(66, 52, 11, 0, 360, 4)
    easel.box(32, 34, 66, 74, easel.main, 5)
    easel.circle(49, 54, 8, easel.accent)


_MOTIFS: dict[str, Callable[[_Easel], None]] = {
    name.removeprefix("_"): motif
    for name, motif in globals().items()
    if getattr(motif, "__annotations__", {}) == {"easel": _Easel, "return": None}
}


def draw(good: Good) -> bytes:
    """The product's picture as PNG; ``KeyError`` for an unknown motif."""
    easel = _Easel(good)
    _MOTIFS[good.motif](easel)
    file = io.BytesIO()
    easel.image.save(file, "PNG", optimize=True)
    return file.getvalue()
