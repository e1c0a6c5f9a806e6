"""What a word of the rules is bound to is not changed by a row: the audit has it, and the channel is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from approvals.audit.chain import record
from approvals.audit.guards import EVENT, Audited
from approvals.audit.keys import INFO, NO_KEYS, Keys
from approvals.authority.bindings import Bindings
from approvals.authority.rules import Rule, Rules
from approvals.models import AuditRecord, Binding, Message
from approvals.queue.store import Store
from tests.approvals.authority.test_reach import ORGANIZATION
from tests.harness.clock import Clock
from tests.harness.database import give_back, new_database

RULES = Rules([Rule("guarded", ("U1",), under="/Production"), Rule("account", ("U1",), accounts=("shop",))])
KEYS = Keys.given(("the key of these tests, long enough",))


class Kept(Bindings):
    def __init__(self, keys: Keys) -> None:
        self.store, self.clock = Store(new_database(), keys.info()), Clock()
        self.begins_anew()

    def begins_anew(self) -> None:
        super().__init__(self.store, lambda: RULES, self.clock, Audited())

    def alarms(self) -> list[str]:
        with self.store.read() as session:
            texts = [str(message.body["text"]) for message in session.exec(select(Message)).all()]
        return [text for text in texts if "can't be proven" in text]

    def noted(self) -> int:
        with self.store.read() as session:
            return len(session.exec(select(AuditRecord.id).where(AuditRecord.event == EVENT)).all())


@pytest.fixture(params=[NO_KEYS, KEYS], ids=["plain", "signed"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    kept = Kept(request.param)
    kept.refresh(ORGANIZATION)
    yield kept
    give_back(kept.store.engine)


def rebound(session: Session) -> None:
    session.execute(update(Binding).where(col(Binding.key) == "under").values(meant="ou-1-lab"))


def gone(session: Session) -> None:
    session.execute(delete(Binding))


def one_more(session: Session) -> None:
    session.add(Binding(key="under", word="/Production", meant="ou-1-lab", bound_at=Clock()()))


@pytest.mark.parametrize("how", [rebound, gone, one_more])
def test_a_row_that_somebody_changed_is_put_back_and_told(kept: Kept, how: Callable[[Session], Any]) -> None:
    before = kept.guards
    with kept.store.write() as session:
        how(session)
    for _ in range(2):
        kept.refresh(ORGANIZATION)
    assert kept.guards == before
    (told,) = kept.alarms()
    assert "“/Production”" in told


def test_the_audit_has_it_once_until_it_changes(kept: Kept) -> None:
    kept.refresh(ORGANIZATION)
    assert (kept.noted(), kept.alarms()) == (1, [])


@pytest.mark.parametrize("kept", [KEYS], indirect=True, ids=["signed"])
def test_a_record_that_the_key_has_not_signed_is_no_witness(kept: Kept) -> None:
    """Without a key, whoever knows how a hash is made writes a record that counts."""
    before = kept.guards
    with kept.store.write() as session:
        session.info.pop(INFO)
        record(session, kept.clock(), EVENT, "orgbot", under={"/Production": ["ou-1-lab"]}, accounts={})
        rebound(session)
    kept.refresh(ORGANIZATION)
    assert kept.guards == before
    assert len(kept.alarms()) == 1


@pytest.mark.parametrize("begins", [False, True], ids=["while the bot runs", "before it begins"])
def test_where_the_record_was_removed_a_guard_is_for_all_that_it_may_have_been(kept: Kept, *, begins: bool) -> None:
    with kept.store.write() as session:
        record(session, kept.clock(), "something.else", "orgbot")
    with kept.store.write() as session:
        session.execute(delete(AuditRecord).where(col(AuditRecord.event) == EVENT))
        rebound(session)
    if begins:
        kept.begins_anew()
    for _ in range(2):
        kept.refresh(ORGANIZATION)
    assert kept.guards.units["/Production"] == {"ou-1-prod", "ou-1-lab"}
    assert len(kept.alarms()) == 1
    assert kept.noted() == 1, "from here on it is known again"


def test_an_end_that_was_cut_off_is_seen_by_who_saw_it(kept: Kept) -> None:
    with kept.store.write() as session:
        session.execute(delete(AuditRecord))
        rebound(session)
    kept.refresh(ORGANIZATION)
    assert "ou-1-prod" in kept.guards.units["/Production"]
    assert len(kept.alarms()) == 1
