"""Every shortcode that the bot writes is one that the page knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[4]
KNOWN = re.findall(r'(?:(\w+)|"([+-]1)"): "', (ROOT / "sandbox/slack/page/emoji.js").read_text())
SHORTCODE = re.compile(r"(?<![\w:/.?}+\]]):([a-z][a-z0-9_+-]*):(?![\w:/])")


def _texts(package: str) -> Iterator[str]:
    """The string constants of a package's code; what stands inside an f-string is among them."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_no_shortcode_stays_raw() -> None:
    used = {
        name
        for package in ("approvals", "handlers", "operations")
        for text in _texts(package)
        for name in SHORTCODE.findall(text)
    }
    assert "white_check_mark" in used
    assert used - {name or sign for name, sign in KNOWN} == set()
