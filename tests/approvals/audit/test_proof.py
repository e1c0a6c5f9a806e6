"""What the audit has to hold before a request acts, from rows and records that are written here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from approvals.audit.proof import Ballot, Claim, Story, shortfalls
from approvals.states import Status
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.tables import each_of

SEAL = "d" * 64
FILED = ("request.filed", ALICE, {"operation": "tag-account", "digest": SEAL, "rule": "default", "approvals": 1})
VOTED = ("vote.approve", BOB, {"digest": SEAL})
APPROVED = ("request.approved", BOB, {"digest": SEAL})
RUNNING = ("request.running", "orgbot", {"digest": SEAL})
CALL: tuple[str, str, dict[str, Any]] = ("aws.call", "orgbot", {})
Record = tuple[str, str, dict[str, Any]]

CLAIM = Claim(
    operation="tag-account",
    requester=ALICE,
    status=Status.APPROVED,
    rule="default",
    rules=("default",),
    approvals=1,
    break_glass=False,
    digest=SEAL,
    actual=SEAL,
    ballots=frozenset({Ballot(BOB, "approve", SEAL)}),
)


def story(*records: Record) -> Story:
    found = Story()
    for record in records:
        found.tell(*record)
    return found


def missing(*records: Record, runs: bool = True, **values: Any) -> list[str]:
    return shortfalls(replace(CLAIM, **values), story(*records), runs=runs)


def test_an_approved_request() -> None:
    assert missing(FILED, VOTED, APPROVED) == []
    assert missing(FILED, VOTED, APPROVED, RUNNING, CALL, status=Status.RUNNING) == []


@each_of(
    ("said", "row", "is_so"),
    [
        ({"outcome": "ok", "number": 1, "ended": "ok"}, "ok", True),
        ({"outcome": "ok", "number": 1, "ended": "ok"}, "refused", False),
        ({"outcome": "ReadTimeoutError", "number": 1, "ended": "ambiguous"}, "fenced", False),
        ({"outcome": "unknown", "number": 1, "ended": "ambiguous"}, "ambiguous", True),
        ({"outcome": "unknown", "number": 1, "ended": "ambiguous"}, "fenced", True),
        ({"outcome": "unknown", "number": 1, "ended": "ambiguous"}, "refused", False),
        ({"outcome": "ok"}, "refused", True),
    ],
    ids=["as it was", "ok", "a lost answer", "given up", "given up, and never left", "given up, and no", "before 0.1"],
)
def test_what_became_of_a_call(said: dict[str, Any], row: str, *, is_so: bool) -> None:
    told = story(FILED, VOTED, APPROVED, RUNNING, ("aws.call", "orgbot", {"step": "tag", **said}))
    told.attempted["tag", 1] = row
    found = shortfalls(replace(CLAIM, status=Status.RUNNING), told)
    assert found == ([] if is_so else ["what became of a call of it was changed"])


def test_one_that_waits_is_in_order_and_may_not_run() -> None:
    waits: dict[str, Any] = {"status": Status.PENDING, "ballots": frozenset()}
    assert missing(FILED, runs=False, **waits) == []
    assert missing(FILED, **waits) == ["its approval is not in the audit"]


def test_one_that_was_refused_before_it_was_filed_is_in_order() -> None:
    refused = ("request.refused", "orgbot", {"digest": ""})
    assert missing(refused, runs=False, status="refused", digest="", actual="", ballots=frozenset()) == []


@each_of(
    ("records", "said"),
    [
        ((VOTED, APPROVED), "its filing is not in the audit"),
        ((FILED, APPROVED), f"the approval of {BOB} is not in the audit"),
        ((FILED, VOTED), "its approval is not in the audit"),
        ((FILED, VOTED), "it is approved, while the audit has it pending"),
        ((FILED, VOTED, RUNNING), "the audit has it pending, then running, and nothing in between"),
        (
            (FILED, VOTED, ("vote.approve", CAROL, {"digest": SEAL}), APPROVED),
            f"the approval of {CAROL} is in the audit only",
        ),
        ((FILED, VOTED, ("vote.withdrawn", BOB, {}), APPROVED), f"the approval of {BOB} is not in the audit"),
        ((FILED, VOTED, ("request.approved", CAROL, {"digest": SEAL})), f"{CAROL} could not approve it"),
        ((FILED, VOTED, ("request.approved", BOB, {"digest": "x"})), "what was decided upon is not what it is now"),
        ((FILED, ("vote.deny", BOB, {"digest": SEAL}), APPROVED), f"the approval of {BOB} is not in the audit"),
    ],
)
def test_a_record_that_is_missing_or_says_something_else(records: tuple[Record, ...], said: str) -> None:
    assert said in missing(*records)


@each_of(
    ("values", "said"),
    [
        ({"actual": "x"}, "its content was changed after it was filed"),
        ({"digest": "x", "actual": "x"}, "its digest is not the one that was filed"),
        ({"operation": "move-account"}, "its operation is not the one that was filed"),
        ({"rule": "lax"}, "its rule is not the one that was filed"),
        ({"approvals": 0}, "its number of approvals is not the one that was filed"),
        ({"requester": CAROL}, f"{ALICE} filed it, not {CAROL}"),
        ({"ballots": frozenset()}, f"the approval of {BOB} is in the audit only"),
        ({"status": Status.RUNNING}, "it is running, while the audit has it approved"),
    ],
)
def test_a_row_that_says_something_else(values: dict[str, Any], said: str) -> None:
    assert said in missing(FILED, VOTED, APPROVED, **values)


def test_one_of_two_approvals_is_not_enough() -> None:
    filed = (FILED[0], FILED[1], FILED[2] | {"approvals": 2})
    assert missing(filed, VOTED, APPROVED, approvals=2) == ["the audit has 1 of 2 approvals"]


def test_what_a_rule_grants_at_once() -> None:
    filed = (FILED[0], FILED[1], FILED[2] | {"approvals": 0})
    granted: dict[str, Any] = {"approvals": 0, "ballots": frozenset()}
    assert missing(filed, ("request.approved", "orgbot", {"digest": SEAL}), **granted) == []
    assert missing(filed, ("request.approved", BOB, {"digest": SEAL}), **granted) == [f"{BOB} could not approve it"]


def test_break_glass() -> None:
    filed = (FILED[0], FILED[1], FILED[2] | {"break_glass": True})
    broken: Record = ("request.break_glass", ALICE, {})
    started = ("request.approved", ALICE, {"digest": SEAL})
    glass: dict[str, Any] = {"break_glass": True, "ballots": frozenset()}
    assert missing(filed, broken, started, **glass) == []
    assert missing(filed, started, **glass) == [f"{ALICE} could not approve it"]


def test_an_audit_of_an_earlier_version_says_no_number_of_approvals() -> None:
    filed = (FILED[0], FILED[1], {"operation": "tag-account", "digest": SEAL, "rule": "default"})
    assert missing(filed, VOTED, APPROVED) == []


def test_a_detail_that_is_no_object_says_nothing() -> None:
    found = Story()
    found.tell("request.filed", ALICE, ["x"])
    assert "its digest is not the one that was filed" in shortfalls(CLAIM, found)


def test_rules_that_changed_while_it_waited_count_as_filed() -> None:
    changed: Record = ("request.rules_changed", "orgbot", {"rule": "a", "rules": ["a", "b"], "approvals": 1})
    claim = replace(CLAIM, rule="a", rules=("a", "b"))
    assert shortfalls(claim, story(FILED, changed, VOTED, APPROVED)) == []
    for forged in (replace(claim, rules=("a",)), replace(claim, rule="b"), CLAIM):
        assert shortfalls(forged, story(FILED, changed, VOTED, APPROVED)) != []
