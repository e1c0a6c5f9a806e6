"""The tree as a PNG: boxes for OUs, accounts beneath them, and a mark for each policy that is attached."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from handlers.queries.brush import Area, Canvas, Style, width
from handlers.queries.layout import INDENT, LEVEL_GAP, LINE, PADDING, PILL, WIDTH, Node, laid_out
from handlers.queries.question import counted
from operations.snapshot.organization import OrganizationalUnit
from operations.snapshot.policies import Policy
from operations.snapshot.policy_types import RCP, SCP, label
from operations.snapshot.tree import Tree

MARGIN, HEAD, LEGEND, NARROWEST = 28, 58, 34, 460
MOST_PIXELS, SHARPEST = 12_000_000, 2.0
INSIDE = WIDTH - 2 * PADDING
PAPER, ALARM = "#ffffff", "#b3261e"
FILLS = {"root": "#3f4a5a", "unit": "#e4ecf7", "account": "#ffffff", "more": "#f4f4f4"}
EDGES = {"root": "#3f4a5a", "unit": "#4a78b5", "account": "#9aa4b1", "more": "#c4c4c4"}
COLOURS = {SCP: "#c2541d", RCP: "#a3243b", "TAG_POLICY": "#2b7a4b", "BACKUP_POLICY": "#2a5fa5"}
OTHER = "#6b4fa0"
TITLE, BELOW = Style(19, "#1d1c1d", 0.35), Style(12, "#616061")
NAME, OF_ROOT, OF_UNIT = Style(13, "#1d1c1d"), Style(13, PAPER, 0.3), Style(13, "#1d1c1d", 0.3)
SMALL, PALE, WARNING, ON_MARK = Style(11, "#616061"), Style(11, "#d5dbe4"), Style(11, ALARM), Style(11, PAPER)
LEFT_OUT = "Policies that AWS manages are left out"


def drawn(tree: Tree, unit: OrganizationalUnit) -> bytes:
    """The PNG of the tree beneath an OU."""
    top = laid_out(tree, unit)
    kinds = sorted({policy.type for node in top.all() for policy in node.policies})
    wide = max(top.wide, NARROWEST, _legend_width(kinds)) + 2 * MARGIN
    high = top.high + 2 * MARGIN + HEAD + (LEGEND if kinds else 0)
    scale = min(SHARPEST, (MOST_PIXELS / (wide * high)) ** 0.5)
    image = Image.new("RGB", (int(wide * scale), int(high * scale)), PAPER)
    canvas = Canvas(ImageDraw.Draw(image), scale)
    _title(canvas, tree, unit, wide - 2 * MARGIN)
    canvas.left, canvas.top = MARGIN, MARGIN + HEAD
    _wires(canvas, top)
    for node in top.all():
        _box(canvas, node)
    _legend(canvas, kinds, top.high + 16)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    """With 256 colours, which are plenty here, the file is a third as large."""
    content = io.BytesIO()
    image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(content, "PNG", optimize=True)
    return content.getvalue()


def _title(canvas: Canvas, tree: Tree, unit: OrganizationalUnit, most: float) -> None:
    organization = tree.organization
    path = f"   {unit.path}" if unit.parent else ""
    counts = counted(tree.count_beneath(unit.id), "account")
    inside = tree.units_beneath(unit.id)
    units = f" in {counted(inside, 'organizational unit')}" if inside else ""
    read = f"{organization.read_at:%Y-%m-%d %H:%M} UTC"
    canvas.text((MARGIN, MARGIN + 8), f"{organization.id}{path}", TITLE, most)
    canvas.text((MARGIN, MARGIN + 33), f"{counts}{units}, as read from AWS {read}", BELOW, most)


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
    edge = ALARM if node.marked else EDGES[node.kind]
    canvas.box(Area(node.x, node.y, WIDTH, node.height), FILLS[node.kind], edge)
    x, y = node.x + PADDING, node.y + PADDING + LINE / 2
    canvas.text((x, y), node.title, {"root": OF_ROOT, "unit": OF_UNIT}.get(node.kind, NAME), INSIDE)
    quiet = PALE if node.kind == "root" else SMALL
    for number, line in enumerate(node.lines, 1):
        y += LINE
        canvas.text((x, y), line, WARNING if node.marked and number == len(node.lines) else quiet, INSIDE)
    y += LINE / 2
    for policy in node.policies:
        _mark(canvas, policy, x, y)
        y += PILL
    if node.more_policies:
        more = f"and {node.more_policies} more polic{'y' if node.more_policies == 1 else 'ies'}"
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
