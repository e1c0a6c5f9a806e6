"""The pages that people read, and the blocks of code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = (DOCS / "reference", DOCS / "messages.md")
FENCED = re.compile(r"^(?P<fence>```+)(?P<language>\S*)\n(?P<text>.*?)\n?^(?P=fence)$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, in which language, and what it says."""

    page: str
    language: str
    text: str


def pages() -> list[Path]:
    """All that is written by hand: README and its neighbours, the tests' README, `docs/`."""
    beside = [
        ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "tests/README.md")
    ]
    below = [page for page in sorted(DOCS.rglob("*.md")) if not any(page.is_relative_to(made) for made in GENERATED)]
    return [*beside, *below]


def blocks() -> list[Block]:
    """Every fenced block of every page."""
    return [
        Block(str(page.relative_to(ROOT)), found["language"], found["text"])
        for page in pages()
        for found in FENCED.finditer(page.read_text(encoding="utf-8"))
    ]


def spans() -> Iterator[tuple[str, str]]:
    """Every piece of code within a sentence, with its page."""
    for page in pages():
        for found in INLINE.finditer(FENCED.sub("", page.read_text(encoding="utf-8"))):
            yield str(page.relative_to(ROOT)), found[1]


def links(page: Path) -> list[str]:
    """Where a page's links lead, the web left out."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target)]
