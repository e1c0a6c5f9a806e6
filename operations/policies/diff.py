"""What changes between two documents, as people read it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from operations.core.meaning import same_document
from operations.policies.documents import pretty

AROUND = 3


def document_diff(old: str, new: str) -> str:
    """Lines that begin with `+ `, `- ` or two spaces, and `…` where lines are left out; empty when both say the same."""
    if same_document(old, new):
        return ""
    before, after = _lines_of(old), _lines_of(new)
    return "\n".join(_lines(before, after))


def _lines(before: list[str], after: list[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if number:
            yield "…"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f"  {line}" for line in before[i1:i2])
                continue
            yield from (f"- {line}" for line in before[i1:i2])
            yield from (f"+ {line}" for line in after[j1:j2])


def _lines_of(document: str) -> list[str]:
    """At line feeds only: whatever else Unicode takes for the end of a line is part of a text."""
    return pretty(document).split("\n") if document else []
