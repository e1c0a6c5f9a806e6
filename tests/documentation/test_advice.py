"""Who is told to change something gets a button that opens the form for it: a sweep over all texts in the source and in docs/messages.md.

What is said beneath a field of a form has no buttons, and is made from the same advice: tests/handlers/test_problems.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from operations.aws.codes import CODES
from operations.aws.reasons import REASONS
from operations.aws.sorting import Meaning
from operations.core.registry import all_operations, by_name
from tests.documentation.messages import ROOMS, sentences_in_code, written
from tests.documentation.pages import DOCS, ROOT
from tests.harness.tables import each_of

ASKED = re.compile(rf"/org ({'|'.join(sorted(by_name(), key=len, reverse=True))}|\{{)(?![\w-])")
VERBS = (
    "Attach Change Close Create Delete Deregister Detach Disable Enable Invite Move Register Remove Rename Turn Untag"
)
TOLD = re.compile(
    rf"(?:^|[.:;] |, )(?:then )?(?:{'|'.join(VERBS.split())}|{'|'.join(VERBS.lower().split())})(?: \w+){{0,3}}"
)
SAID_BY = {
    "FieldError",
    "GoneError",
    "UnknownError",
    "Failed",
    "Problem",
    "RefusalError",
    "Stale",
    "mend",
    "no",
    "look",
}
# What is told to be changed elsewhere than in the organization.
ELSEWHERE = {
    "Remove that in IAM, then ask again.",
    "Remove what is no longer used, or raise the quota in Service Quotas; then ask again.",
    "Remove some, or use a group; then ask again.",
    "Choose another role, or change it in that service.",
}
KNOWN: dict[str, Meaning] = CODES | REASONS
WITH_ADVICE = sorted(name for name, found in KNOWN.items() if found.advice)
AS_IT_WAS = re.compile(r"then ask again\.|[Aa]sk again(?: later|\.| when| after| if)")
OTHERWISE = re.compile(r"[Aa]sk again with|Choose|Correct|Shorten|another name|without tags")


def test_no_text_tells_to_type_a_request() -> None:
    told = [
        f"{module}: {text}" for module, texts in sentences_in_code() for text in texts if ASKED.search(_unmarked(text))
    ]
    assert told == []


def _unmarked(text: str) -> str:
    return text.replace("{…}", "{")


def test_nothing_that_was_played_tells_to_type_a_request() -> None:
    told = [entry for entry in _entries() if not entry.startswith(("In the form", "  ")) and _tells(entry)]
    assert told == []


def _entries() -> Iterator[str]:
    for chapter in written((DOCS / "messages.md").read_text(encoding="utf-8")).values():
        yield from chapter.split("\n\n")


def _tells(entry: str) -> bool:
    """Whether a request is to be typed; pages of help show how that is done."""
    head, _, shown = entry.partition("\n")
    is_help = "For example" in shown or "What I can do" in shown
    return not head.endswith("types") and not is_help and ASKED.search(shown) is not None


@pytest.mark.parametrize("room", ROOMS)
def test_who_is_told_to_change_something_gets_a_button(room: str) -> None:
    told = [f"{place}: {text}" for place, text, has_button in _said(room) if TOLD.search(text) and not has_button]
    assert [line for line in told if line.partition(": ")[2] not in ELSEWHERE] == []


def _said(room: str) -> Iterator[tuple[str, str, bool]]:
    """What refusals and failures say, where, and whether a request that helps stands beside it."""
    for file in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAID_BY:
                has_button = any(keyword.arg == "opens" for keyword in node.keywords) or len(node.args) > 2
                yield from ((f"{file.name}:{node.lineno}", text, has_button) for text in map(_text, node.args) if text)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@each_of("name", sorted(name for name, found in KNOWN.items() if found.opens))
def test_what_helps_can_be_asked_for_and_takes_fields_that_there_are(name: str) -> None:
    for one in KNOWN[name].opens:
        fields = {field.name for field in by_name()[one.operation].fields()}
        assert {*one.values, *one.taking} <= fields
        has = {field.name for operation in all_operations() for field in operation.fields()} | {"type"}
        assert {taken for names in one.taking.values() for taken in names} <= has


@each_of("name", WITH_ADVICE)
def test_the_button_asks_again_where_the_advice_does(name: str) -> None:
    """As it was where something else is to be mended first, and else in a form that is to be corrected."""
    found = KNOWN[name]
    assert found.again or not AS_IT_WAS.search(found.advice) or OTHERWISE.search(found.advice), found.advice
    assert not (found.again and OTHERWISE.search(found.advice)), found.advice
