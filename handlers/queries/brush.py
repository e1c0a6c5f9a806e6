"""Draws boxes, wires and text in points, whatever the scale of the picture.

Source: Pillow documentation, "ImageDraw", "ImageFont" (load_default: a font that needs no installation).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

Point = tuple[float, float]
WIRE = "#8d8d94"
NOT_DRAWN = "?"
SPELLED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae"})


@dataclass(frozen=True)
class Area:
    """The upper left corner of a box, and how wide and high it is."""

    x: float
    y: float
    wide: float
    high: float
    round: float = 6


@dataclass(frozen=True)
class Style:
    """How a text looks; the font has no bold face, so that bold is a stroke of this width around it."""

    size: float
    ink: str
    bold: float = 0


class Canvas:
    """`left` and `top` are where the drawing begins."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self._draw = draw
        self._scale = scale
        self.left = self.top = 0.0

    def box(self, area: Area, fill: str, edge: str) -> None:
        """A box with round corners."""
        corners = (*self._at((area.x, area.y)), *self._at((area.x + area.wide, area.y + area.high)))
        self._draw.rounded_rectangle(corners, area.round * self._scale, fill, edge, max(1, round(1.2 * self._scale)))

    def wire(self, *points: Point) -> None:
        """A line through points."""
        self._draw.line([self._at(point) for point in points], WIRE, max(1, round(1.3 * self._scale)))

    def text(self, at: Point, text: str, style: Style, most: float) -> None:
        """Text that loses its middle where it is wider than `most`; `at` is the left end of its middle line."""
        font = _font(round(style.size * self._scale, 1))
        shown = _fitting(drawable(text), font, most * self._scale)
        stroke = style.bold * self._scale
        self._draw.text(self._at(at), shown, style.ink, font, anchor="lm", stroke_width=stroke)

    def _at(self, point: Point) -> Point:
        return (self.left + point[0]) * self._scale, (self.top + point[1]) * self._scale


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow was built without FreeType, and its one small font cannot be scaled")
    return font


def width(text: str, size: float) -> float:
    """How wide a text is, in points."""
    return _font(size).getlength(drawable(text))


def drawable(text: str) -> str:
    """The text in the characters that the font has: without accents, and with question marks for other scripts."""
    plain = unicodedata.normalize("NFKD", text.translate(SPELLED))
    kept = (character for character in plain if not unicodedata.combining(character))
    return "".join(character if " " <= character <= "~" or character == "…" else NOT_DRAWN for character in kept)


def _fitting(text: str, font: ImageFont.FreeTypeFont, most: float) -> str:
    shown = text
    keep = min(
        len(text), round(len(text) * most / max(font.getlength(text), 1)) + 4
    )  # Measuring is slow; begin nearby.
    while keep > 2 and font.getlength(shown) > most:
        keep -= 1
        end = keep // 2
        shown = f"{text[: keep - end]}…{text[len(text) - end :]}"
    return shown
