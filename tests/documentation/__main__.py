"""`python -m tests.documentation reference` writes docs/reference, `… messages` docs/messages.md."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.documentation.reference import PAGES

DOCS = Path(__file__).parents[2] / "docs"


def write_reference() -> None:
    for name, make in PAGES.items():
        (DOCS / "reference" / f"{name}.md").write_text(make(), encoding="utf-8")


def write_messages() -> None:
    from tests.documentation.messages import messages  # noqa: PLC0415  Whoever writes the reference needs no play.

    (DOCS / "messages.md").write_text(messages(), encoding="utf-8")


if __name__ == "__main__":
    {"reference": write_reference, "messages": write_messages}[sys.argv[1]]()
