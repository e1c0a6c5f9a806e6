"""A document's second way into a form: a file, for what Slack's text input does not hold. Pure.

Source: Slack API, "File input element", "Plain-text input element" (at most 3,000 characters).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.slack.blocks import Block
from approvals.slack.modals import entry, file_input
from operations.core.fields import OperationField, file_in, reference

FILE = ":file"
FILETYPES = ("json", "txt", "text")


def file_entry(field: OperationField) -> Block:
    """The input for a file beside the one for the text; the form cannot say by itself that one of them is needed."""
    needed = "; one of the two is needed" if field.required else ""
    label, hint = f"{field.flag.label} as a file", f"Instead of the text above{needed}"
    return entry(f"{field.name}{FILE}", label, file_input("file", FILETYPES), hint=hint, optional=True)


def given_file(block: Mapping[str, Any]) -> str:
    """What stands for the file in a file input's state; nothing when there is none."""
    state: Mapping[str, Any] = next(iter(block.values()), {})
    files = state.get("files") or []
    return reference(str(files[0].get("id", ""))) if files and isinstance(files[0], Mapping) else ""


def too_long(field: OperationField, text: str, most: int) -> str:
    """Why a document is not filled in as text; nothing when it is."""
    if file_in(text):
        return f"The {field.flag.label.lower()} is in a file. Give the file again below."
    if len(text) <= most:
        return ""
    return f"The {field.flag.label.lower()} has {len(text):,} characters, and Slack's field takes {most:,}. Give it as a file below."
