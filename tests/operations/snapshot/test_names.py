"""The three names most alike, the best first."""

from __future__ import annotations

import pytest

from operations.snapshot.names import nearest, perhaps

NAMES = ("fullback-management", "fullback-staging-web", "fullback-staging-data", "fullback-audit", "logs", "ab")
KNOWN = [(name, name.upper()) for name in NAMES]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("fullback-staging", "FULLBACK-STAGING-WEB"),
        ("fulback-staging-dta", "FULLBACK-STAGING-DATA"),
        ("staging-data", "FULLBACK-STAGING-DATA"),
        ("the logs", "LOGS"),
        (" Lgos ", "LOGS"),
        ("fullback-adit", "FULLBACK-AUDIT"),
    ],
)
def test_the_best_comes_first(wanted: str, first: str) -> None:
    assert nearest(wanted, KNOWN)[0] == first


def test_names_that_share_only_their_beginning_come_last() -> None:
    assert nearest("fullback-staging", KNOWN)[:2] == ["FULLBACK-STAGING-WEB", "FULLBACK-STAGING-DATA"]
    assert nearest("full-price-list", KNOWN) == []


@pytest.mark.parametrize("wanted", ["", "  ", "zzz", "ab cd ef gh"])
def test_nothing_is_alike(wanted: str) -> None:
    assert perhaps(wanted, KNOWN) == ""


def test_three_at_most_however_many_hold_it() -> None:
    known = [(f"team-{number:05}", str(number)) for number in range(10_000)]
    assert perhaps("team", known) == "Perhaps: 0, 1, 2."
    assert nearest("tem-01234", known)[0] == "1234"


def test_of_long_paths_the_end_tells_more() -> None:
    above = "/".join(["x" * 128] * 4)
    assert nearest(f"{above}/Stagin", [(f"{above}/Audit", "1"), (f"{above}/Staging", "2")])[0] == "2"
