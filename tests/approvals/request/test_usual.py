"""What one person asks for most, for the buttons of their home tab."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlmodel import col

from approvals.models import Request
from approvals.request.intake import Intake
from approvals.states import TERMINAL, Status
from tests.harness.people import ALICE, BOB
from tests.harness.workers import Workers

DONE, DENIED, REFUSED, WAITS = Status.SUCCEEDED, Status.DENIED, Status.REFUSED, Status.PENDING


def usual(workers: Workers, *asked: tuple[str, Status], by: str = ALICE, who: str = ALICE) -> list[str]:
    """What `who` is offered after `by` has asked for all of this, the oldest first."""
    for number, (operation, status) in enumerate(asked):
        over = {"finished_at": workers.clock()} if status in TERMINAL else {}
        one = workers.ask("create-account", by, account_name=f"a{number}", email=f"a{number}@example.com")
        with workers.context.store.write() as session:
            found = update(Request).where(col(Request.id) == one.id)
            session.execute(found.values(operation=operation, status=status, **over))
    return list(Intake(workers.context.store, workers.clock, lambda: None).usual(who))


def test_the_commonest_come_first(workers: Workers) -> None:
    asked = [("move-account", DONE), ("tag-account", DONE), ("move-account", WAITS), ("credentials", Status.EXPIRED)]
    assert usual(workers, *asked)[0] == "move-account"
    assert set(usual(workers)) == {"move-account", "tag-account", "credentials"}


def test_others_requests_are_none_of_it(workers: Workers) -> None:
    assert usual(workers, ("move-account", DONE), by=BOB) == []


@pytest.mark.parametrize("no", [DENIED, REFUSED])
def test_what_was_refused_when_it_was_asked_for_last_is_not_offered(workers: Workers, no: Status) -> None:
    assert usual(workers, ("tag-account", DONE), ("tag-account", no)) == []
    assert usual(workers, ("tag-account", DONE)) == ["tag-account"]


@pytest.mark.parametrize("no", [DENIED, REFUSED])
def test_who_was_refused_once_is_never_offered_to_close_an_account(workers: Workers, no: Status) -> None:
    assert usual(workers, ("close-account", WAITS), ("close-account", Status.CANCELLED)) == []
    assert usual(workers, ("close-account", DONE)) == ["close-account"]
    assert usual(workers, ("close-account", no), ("close-account", DONE), ("close-account", DONE)) == []
