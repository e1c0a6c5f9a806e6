"""The harness for tables: all rows are tried, and those that fail are told."""

from __future__ import annotations

import inspect

import pytest

from tests.harness.tables import each_of


def test_every_row_is_tried_and_each_that_fails_is_told_with_its_values() -> None:
    tried = []

    @each_of("number", range(5))
    @each_of(("word", "length"), [("a", 1), pytest.param("abc", 2)])
    def row(word: str, length: int, number: int) -> None:
        tried.append((number, word))
        assert len(word) == length, f"{word} in round {number}"

    with pytest.raises(AssertionError) as failed:
        row()
    assert len(tried) == 10
    assert all(f"abc in round {number}" in str(failed.value) for number in range(5))
    assert "5 of the rows fail" in str(failed.value)


def test_rows_that_can_be_read_once_are_tried_each_time_and_no_rows_are_a_mistake() -> None:
    tried = []

    @each_of("number", range(2))
    @each_of("letter", iter("ab"))
    def row(letter: str, number: int) -> None:
        tried.append(f"{letter}{number}")

    row()
    assert tried == ["a0", "b0", "a1", "b1"]
    with pytest.raises(AssertionError, match="without a row"):
        each_of("number", [])


def test_rows_are_told_by_their_ids() -> None:
    @each_of("number", [1, 0], ids=["one", "none"])
    def row(number: int) -> None:
        assert number, "nothing"

    with pytest.raises(AssertionError, match=r"1, none: AssertionError: nothing"):
        row()


@each_of("number", [1, 2])
def test_what_is_no_column_is_a_fixture(number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert tmp_path_factory.mktemp(f"row-{number}").is_dir()


def test_a_table_with_a_fixture_has_it_as_its_argument() -> None:
    assert list(inspect.signature(test_what_is_no_column_is_a_fixture).parameters) == ["tmp_path_factory"]
