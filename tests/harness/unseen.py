"""Characters that nobody sees, one of each kind."""

from __future__ import annotations

UNSEEN = {
    "soft hyphen": "\u00ad",
    "direction": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "joiner": "\u200d",
    "control": "\x07",
    "null": "\x00",
    "delete": "\x7f",
    "next line": "\x85",
    "mark": "\ufeff",
    "filler": "\u3164",
    "line": "\u2028",
    "paragraph": "\u2029",
    "private": "\ue000",
    "unassigned": "\U0003ffff",
    "tag": "\U000e0041",
    "half": "\ud800",
    "word joiner": "\u2060",
    "blank": "\u2800",
    "mongolian selector": "\u180b",
    "null notehead": "\U0001d159",
    "filler of another script": "\U00016fe4",
    "object": "\ufffc",
}
