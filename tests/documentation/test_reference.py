"""The reference says what the code says."""

from __future__ import annotations

import pytest

from handlers.query_names import NAMES
from operations.core.registry import all_operations, all_permissions
from tests.documentation.pages import DOCS
from tests.documentation.reference import PAGES, commands, permissions


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_it_would_be_made_now(name: str) -> None:
    written = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/reference/{name}.md is stale: make reference"


def test_no_other_page_stands_among_those_that_are_made() -> None:
    assert {page.stem for page in (DOCS / "reference").iterdir()} == set(PAGES)


def test_every_operation_flag_and_look_is_in_it() -> None:
    page = commands()
    for operation in all_operations():
        assert f"/org {operation.name}" in page
        assert all(f"`{flag}`" in page for field in operation.fields() for flag in field.flag.names)
    assert all(f"`/org {name.usage}`" in page for name in NAMES)


def test_every_permission_of_the_policy_is_explained() -> None:
    page = permissions()
    assert [action for wanted in all_permissions() for action in wanted.actions if f"`{action}`" not in page] == []
