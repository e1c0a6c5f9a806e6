"""What the ordinary command leaves out it takes up in the next turn, and no test is left out whole."""

from __future__ import annotations

from typing import cast

import pytest

from tests.harness.profiles import not_its_turn

DATABASES = ("sqlite", "postgresql")
PAIRS = [f"tests/test_a.py::test_either[{kind}]" for kind in DATABASES]
CASES = [
    f"tests/test_b.py::test_of_a_table[{database}-{row}]"
    for database in DATABASES
    for row in ("[SystemExit()]", "rows")
]
BETWEEN = [f"tests/test_b.py::test_a_backup[{one}-{other}]" for one in DATABASES for other in DATABASES]
SWEEP = [f"tests/test_c.py::test_every[{name}]" for name in ("one", "two", "three", "four", "five")]
ALWAYS = [*BETWEEN, "tests/test_a.py::test_sqlite", "tests/test_c.py::test_with_the_mark_and_no_cases"]


class Item:
    """As much of a pytest item as counts."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid

    def get_closest_marker(self, _name: str) -> bool:
        return self.nodeid.startswith("tests/test_c.py")


ITEMS = cast("list[pytest.Item]", [Item(name) for name in (*PAIRS, *CASES, *SWEEP, *ALWAYS)])


def left_out(turn: int) -> set[str]:
    return {item.nodeid for item in not_its_turn(ITEMS, turn)}


@pytest.mark.parametrize("turn", [0, 1, 4123])
def test_what_one_turn_leaves_out_the_next_one_runs(turn: int) -> None:
    assert left_out(turn).isdisjoint(left_out(turn + 1))
    assert left_out(turn) | left_out(turn + 1) == {*PAIRS, *CASES, *SWEEP}


@pytest.mark.parametrize("turn", [0, 1])
def test_of_each_test_half_is_run_and_of_all_not_on_the_same_database(turn: int) -> None:
    gone = left_out(turn)
    assert [len(gone & set(group)) for group in (PAIRS, CASES)] == [1, 2]
    assert len(gone & set(SWEEP)) in {2, 3}
    assert {name.partition("[")[2].partition("-")[0].rstrip("]") for name in gone & {*PAIRS, *CASES}} == set(DATABASES)
