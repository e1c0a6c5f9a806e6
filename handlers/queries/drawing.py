"""The tree as a PNG: boxes for OUs, accounts beneath them, and a mark for each policy that is attached.

A canvas draws in points, whatever the scale. Source: Pillow documentation, "ImageDraw", "ImageFont" (load_default: a font that needs no
installation).
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from handlers.queries.layout import INDENT, LEVEL_GAP, LINE, PADDING, PILL, WIDTH, Change, Node, laid_out
from operations.snapshot.names import counted, utc
from operations.snapshot.organization import OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import RCP, SCP, label
from operations.snapshot.tree import Tree

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
    return "".join(character if " " <= character <= "~" or character in "…·" else NOT_DRAWN for character in kept)


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


MARGIN, HEAD, LEGEND, NARROWEST = 28, 58, 34, 460
MOST_PIXELS, SHARPEST = 12_000_000, 2.0
INSIDE = WIDTH - 2 * PADDING
PAPER, ALARM = "#ffffff", "#b3261e"
FILLS = {"root": "#3f4a5a", "unit": "#e4ecf7", "account": "#ffffff", "more": "#f4f4f4"}
EDGES = {"root": "#3f4a5a", "unit": "#4a78b5", "account": "#9aa4b1", "more": "#c4c4c4"}
# Fill and edge of what changes; the words stand there too, for those who don't tell the colours apart.
CHANGED: dict[Change | None, tuple[str, str]] = {
    Change.LEAVES: ("#fdecea", "#b3261e"),
    Change.ARRIVES: ("#e6f4ea", "#1a7f37"),
    Change.HIT: ("#fff4d6", "#8a5a00"),
}
COLOURS = {SCP: "#c2541d", RCP: "#a3243b", "TAG_POLICY": "#2b7a4b", "BACKUP_POLICY": "#2a5fa5"}
OTHER = "#6b4fa0"
TITLE, BELOW = Style(19, "#1d1c1d", 0.35), Style(12, "#616061")
NAME, OF_ROOT, OF_UNIT = Style(13, "#1d1c1d"), Style(13, PAPER, 0.3), Style(13, "#1d1c1d", 0.3)
SMALL, PALE, WARNING, ON_MARK = Style(11, "#616061"), Style(11, "#d5dbe4"), Style(11, ALARM), Style(11, PAPER)
LEFT_OUT = "Policies that AWS manages are left out"


def drawn(tree: Tree, unit: OrganizationalUnit) -> bytes:
    """The PNG of the tree beneath an OU."""
    return _drawn(laid_out(tree, unit), *_heading(tree, unit))


def drawn_narrow(top: Node) -> bytes:
    """The PNG of boxes one beneath the other, narrow enough for a phone; whoever shows it says what it is, and of when."""
    return _drawn(top)


def _drawn(top: Node, title: str = "", below: str = "") -> bytes:
    kinds = sorted({policy.type for node in top.all() for policy in node.policies})
    head = HEAD if below else 0
    wide = max(top.wide, NARROWEST if below else 0, _legend_width(kinds) if below else 0) + 2 * MARGIN
    high = top.high + 2 * MARGIN + head + (LEGEND if kinds and below else 0)
    scale = min(SHARPEST, (MOST_PIXELS / (wide * high)) ** 0.5)
    image = Image.new("RGB", (int(wide * scale), int(high * scale)), PAPER)
    canvas = Canvas(ImageDraw.Draw(image), scale)
    canvas.text((MARGIN, MARGIN + 8), title, TITLE, wide - 2 * MARGIN)
    canvas.text((MARGIN, MARGIN + 33), below, BELOW, wide - 2 * MARGIN)
    canvas.left, canvas.top = MARGIN, MARGIN + head
    _wires(canvas, top)
    for node in top.all():
        _box(canvas, node)
    if below:
        _legend(canvas, kinds, top.high + 16)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    """With 256 colours, which are plenty here, the file is a third as large."""
    content = io.BytesIO()
    image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    return content.getvalue()


def _heading(tree: Tree, unit: OrganizationalUnit) -> tuple[str, str]:
    organization = tree.organization
    path = f"   {unit.path}" if unit.parent else ""
    counts = counted(tree.count_beneath(unit.id), "account")
    inside = tree.units_beneath(unit.id)
    units = f" in {counted(inside, 'organizational unit')}" if inside else ""
    gaps = "; not all policies could be read" if organization.policies.gaps() else ""
    read = f"as read from AWS {utc(organization.read_at)}{gaps}"
    return f"{organization.id}{path}", f"{counts}{units}, {read}"


def _wires(canvas: Canvas, node: Node) -> None:
    for child in node.children:
        if node.across:
            _wire_down(canvas, node, child)
        else:
            _wire_aside(canvas, node, child)
        _wires(canvas, child)


def _wire_down(canvas: Canvas, node: Node, child: Node) -> None:
    """From the middle of a box to the middle of one that stands a level lower."""
    bus = node.y + node.height + LEVEL_GAP / 2
    start, end = node.x + WIDTH / 2, child.x + WIDTH / 2
    canvas.wire((start, node.y + node.height), (start, bus), (end, bus), (end, child.y))


def _wire_aside(canvas: Canvas, node: Node, child: Node) -> None:
    """From the left of a box to the left edge of one that stands beneath it."""
    start, middle = node.x + INDENT / 2, child.y + min(child.height / 2, 24)
    canvas.wire((start, node.y + node.height), (start, middle), (child.x, middle))


def _box(canvas: Canvas, node: Node) -> None:
    fill, edge = CHANGED.get(node.change, (FILLS[node.kind], ALARM if node.marked else EDGES[node.kind]))
    canvas.box(Area(node.x, node.y, WIDTH, node.height), fill, edge)
    x, y = node.x + PADDING, node.y + PADDING + LINE / 2
    dark = node.kind == "root" and node.change is None
    name = OF_UNIT if node.kind == "root" else NAME
    canvas.text((x, y), node.title, OF_ROOT if dark else OF_UNIT if node.kind == "unit" else name, INSIDE)
    quiet = PALE if dark else SMALL
    for number, line in enumerate(node.lines, 1):
        y += LINE
        canvas.text((x, y), line, WARNING if node.marked and number == len(node.lines) else quiet, INSIDE)
    if node.change:
        y += LINE
        canvas.text((x, y), node.change, Style(11, edge, 0.35), INSIDE)
    y += LINE / 2
    for policy in node.policies:
        _mark(canvas, policy, x, y)
        y += PILL
    if node.more_policies:
        more = f"and {counted(node.more_policies, 'more policy', 'more policies')}"
        canvas.text((x, y + PILL / 2), more, quiet, INSIDE)


def _mark(canvas: Canvas, policy: Policy, x: float, y: float) -> None:
    """A policy's name in the colour of its type."""
    most = INSIDE - 14
    wide = min(width(policy.name, ON_MARK.size), most) + 14
    canvas.box(Area(x, y + 2, wide, PILL - 4, 8), _colour(policy.type), _colour(policy.type))
    canvas.text((x + 7, y + PILL / 2), policy.name, ON_MARK, most)


def _colour(kind: str) -> str:
    return COLOURS.get(kind, OTHER)


def _legend(canvas: Canvas, kinds: Sequence[str], y: float) -> None:
    """Which colour is which type of policy."""
    x = 0.0
    for kind in kinds:
        canvas.box(Area(x, y, 14, 12, 4), _colour(kind), _colour(kind))
        canvas.text((x + 20, y + 6), label(kind), SMALL, 400)
        x += 40 + width(label(kind), SMALL.size)
    if kinds:
        canvas.text((x, y + 6), LEFT_OUT, SMALL, 400)


def _legend_width(kinds: Sequence[str]) -> float:
    return sum(40 + width(text, SMALL.size) for text in (*map(label, kinds), LEFT_OUT)) if kinds else 0
