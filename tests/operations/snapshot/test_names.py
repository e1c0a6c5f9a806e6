"""Names, numbers and times in sentences; of names that are not there the three most alike, the best first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from operations.snapshot.names import capital, counted, did_you_mean, listed, nearest, spread, uncapital, utc
from tests.harness.tables import each_of

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
    assert nearest(wanted, KNOWN) == []


def test_three_at_most_however_many_hold_it() -> None:
    known = [(f"team-{number:05}", str(number)) for number in range(10_000)]
    assert nearest("team", known) == ["0", "1", "2"]
    assert nearest("tem-01234", known)[0] == "1234"


@pytest.mark.parametrize(
    ("labels", "asked"),
    [
        ([], ""),
        (["web"], "Did you mean web?"),
        (["web", "shop"], "Did you mean web or shop?"),
        (["web", "shop", "audit"], "Did you mean web, shop or audit?"),
    ],
)
def test_what_may_have_been_meant_is_a_question(labels: list[str], asked: str) -> None:
    assert did_you_mean(labels) == asked


def test_of_long_paths_the_end_tells_more() -> None:
    above = "/".join(["x" * 128] * 4)
    assert nearest(f"{above}/Stagin", [(f"{above}/Audit", "1"), (f"{above}/Staging", "2")])[0] == "2"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 policies"), (1, "1 policy"), (2, "2 policies"), (2000, "2,000 policies")],
)
def test_a_number_stands_with_its_noun(number: int, said: str) -> None:
    assert counted(number, "policy", "policies") == said
    assert counted(number, "account") == said.replace("policies", "accounts").replace("policy", "account")


def test_of_many_the_first_few_are_named_and_the_rest_counted() -> None:
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert spread([1, 2], 2) == ["1", "2"]
    assert spread([1, 2, 3], 2, lambda number: f"#{number}") == ["#1", "#2", "and 1 more"]


@each_of(
    ("text", "begun"),
    [
        ("an OU", "An OU"),
        ("e-mail addresses", "E-mail addresses"),
        ("É", "É"),
        ("", ""),
        ("“x” is", "“x” is"),
        ("fullback-audit (555555555555) has it", "fullback-audit (555555555555) has it"),
        ("web (222222222222) is closed", "web (222222222222) is closed"),
        ("guardduty.amazonaws.com has it", "guardduty.amazonaws.com has it"),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_with_a_name_and_nothing_else_of_it_changes(
    text: str, begun: str
) -> None:
    assert capital(text) == begun
    assert uncapital(capital(text)) == uncapital(text)


def test_a_time_for_plain_text_is_in_utc_wherever_it_comes_from() -> None:
    moment = datetime(2026, 1, 1, 1, 30, 59, tzinfo=timezone(timedelta(hours=2)))
    assert utc(moment) == utc(moment.astimezone(UTC)) == "2025-12-31 23:30 UTC"
    assert utc(moment, date_only=True) == "2025-12-31"
