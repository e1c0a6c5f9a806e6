"""What the states and the outcomes of calls are grouped into, and the words by which the database knows them."""

from __future__ import annotations

from approvals.request.attempts import IN_DOUBT, WITHOUT_EFFECT
from approvals.states import BEFORE, EXECUTING, LIVE, TERMINAL, Outcome, Status

WAITING_FOR_PEOPLE = {Status.PENDING}
IN_HAND = {Status.APPROVED, Status.RUNNING, Status.WAITING, Status.UNKNOWN}


def test_a_state_is_live_or_terminal_and_only_what_is_approved_is_carried_out() -> None:
    assert LIVE == WAITING_FOR_PEOPLE | IN_HAND
    assert EXECUTING == IN_HAND
    assert {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.STALE,
        Status.DENIED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.REFUSED,
    } == TERMINAL


def test_each_state_is_reached_from_those_that_may_lead_to_it() -> None:
    """Nobody decides about what was decided, and what was sent to AWS is neither taken back nor put before people again."""
    by_people = {Status.APPROVED, Status.DENIED, Status.CANCELLED, Status.EXPIRED, Status.REFUSED}
    in_aws = {Status.RUNNING, Status.WAITING, Status.UNKNOWN, Status.SUCCEEDED, Status.FAILED}
    assert {status: BEFORE[status] for status in Status} == {
        Status.PENDING: set(),
        **dict.fromkeys(by_people, WAITING_FOR_PEOPLE),
        **dict.fromkeys(in_aws, IN_HAND),
        Status.STALE: WAITING_FOR_PEOPLE | IN_HAND,
    }


def test_an_outcome_says_whether_something_may_have_happened_in_aws() -> None:
    assert {Outcome.OPEN, Outcome.AMBIGUOUS} == IN_DOUBT
    assert {Outcome.REFUSED, Outcome.BUSY, Outcome.FENCED} == WITHOUT_EFFECT


def test_the_words_in_the_database_stay_as_they_are() -> None:
    """Rows that an older version has written are read by this one."""
    assert {name: status.value for name, status in Status.__members__.items()} == {
        name: name.lower() for name in Status.__members__
    }
    assert [outcome.value for outcome in Outcome] == ["", "ok", "refused", "busy", "fenced", "ambiguous"]
