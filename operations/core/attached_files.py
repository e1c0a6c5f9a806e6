"""A value that is in a file somebody gave in Slack, until the file's text takes its place before anybody approves it.

The text is put in before the approval's digest is taken, so that what is approved is the text and never the file.
"""

from __future__ import annotations

import re

REFERENCE = re.compile(r"slack-file:(?P<file>F[A-Z0-9]{5,30})")


def reference(file: str) -> str:
    """What stands in a field for a file of this Slack id."""
    return f"slack-file:{file}"


def file_in(value: object) -> str:
    """The id of the file that a value stands for; empty when it is a value of its own."""
    found = REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
    return found["file"] if found else ""
