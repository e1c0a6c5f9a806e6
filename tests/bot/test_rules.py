"""The rules in force: read anew on request, and the same in all processes on one database."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from approvals.audit import chain
from approvals.authority.rules import Rule, Rules
from approvals.models import AuditRecord, Message, Process, RulesInForce
from approvals.queue.store import Store
from bot import rules as module
from bot.rules import SharedRules, are_in_force, own
from tests.harness.clock import Clock

OLD, NEW = Rules((Rule("old", ("U0BOB",)),)), Rules((Rule("new", ("U0CAROL",), approvals=2),))


class Machine:
    """Processes on one database, each with a name and the rules of its file."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, Clock()

    def starts(self, name: str, given: Rules) -> SharedRules:
        self.clock.advance(seconds=1)
        found = SharedRules(self.store, self.clock, name, given)
        self.is_there(name)
        return found

    def is_there(self, name: str, at: datetime | None = None) -> None:
        with self.store.write() as session:
            session.merge(Process(owner=name, bot="B0", seen_at=at or self.clock()))

    def is_gone(self, name: str) -> None:
        self.is_there(name, self.clock() - timedelta(hours=1))


@pytest.fixture
def machine(store: Store) -> Machine:
    return Machine(store)


def test_rules_that_nobody_had_before_are_in_force_everywhere(machine: Machine) -> None:
    one = machine.starts("one", OLD)
    two = machine.starts("two", NEW)
    assert two.look() is None
    assert one.look() == NEW
    assert one.look() is None, "they are told once"
    assert two.line() == ("shared rules", True, "those of its rules file")
    assert one.line()[1] is None, "its file is to be brought up to date"


def test_a_machine_that_was_forgotten_brings_no_old_rules_back(machine: Machine) -> None:
    machine.starts("one", OLD)
    two = machine.starts("two", NEW)
    again = machine.starts("one", OLD)
    assert again.look() == NEW
    assert two.look() is None


def test_whoever_is_told_to_read_its_rules_has_them_in_force_though_they_are_old(machine: Machine) -> None:
    one, two = machine.starts("one", OLD), machine.starts("two", NEW)
    one.look()
    machine.clock.advance(seconds=1)
    one.put(OLD)
    assert two.look() == OLD
    assert one.look() is None
    assert one.line()[1] is True


def test_where_no_other_is_there_the_file_decides(machine: Machine) -> None:
    machine.starts("one", OLD)
    machine.starts("two", NEW)
    for name in ("one", "two"):
        machine.is_gone(name)
    assert machine.starts("one", OLD).look() is None, "its own are in force"


def test_the_same_rules_in_other_words_are_the_same(machine: Machine) -> None:
    one = machine.starts("one", OLD)
    machine.starts("two", Rules([Rule("old", ("U0BOB",), under="/")], without=frozenset({"tag-account"})))
    assert one.look() is None


def test_operations_that_a_process_leaves_out_stay_left_out(machine: Machine) -> None:
    one = machine.starts("one", Rules(OLD.rules, without=frozenset({"tag-account"})))
    machine.starts("two", NEW)
    found = one.look()
    assert found is not None
    assert (found.rules, found.without) == (NEW.rules, frozenset({"tag-account"}))


def test_rules_of_another_version_are_told_and_those_before_stay(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    one = machine.starts("one", OLD)
    with machine.store.write() as session:
        content, later = '[{"name": "a", "later": 1}]', machine.clock() + timedelta(1)
        digest = hashlib.sha256(content.encode()).hexdigest()
        session.add(RulesInForce(digest=digest, content=content, owner="two", at=later))
        chain.record(session, later, "rules.in_force", "orgbot", digest=digest)
    assert one.look() is None
    assert one.look() is None
    name, ok, told = one.line()
    assert (name, ok) == ("shared rules", False)
    assert "those that two has put in force are of another version of orgbot" in told
    assert len(caplog.records) == 1


@pytest.mark.parametrize("tampered", ["a row of its own", "another text in the row", "an earlier record the last"])
def test_rules_that_somebody_has_written_into_the_database_are_not_used(machine: Machine, tampered: str) -> None:
    one = machine.starts("one", NEW)
    lax = own(Rules((Rule("lax", (), approvals=0),)))
    two = machine.starts("two", OLD)
    assert one.look() == OLD
    two.put(NEW)
    if tampered == "an earlier record the last":
        assert one.look() == NEW
    with machine.store.write() as session:
        if tampered == "a row of its own":
            later = machine.clock() + timedelta(1)
            session.add(RulesInForce(digest=lax.digest, content=lax.content, owner="two", at=later))
        elif tampered == "an earlier record the last":
            chain.record(session, machine.clock(), "something.else", "orgbot")
            last = max(
                entry.id or 0 for entry in session.exec(select(AuditRecord)).all() if entry.event == module.EVENT
            )
            chain.append(session)
            session.execute(delete(AuditRecord).where(col(AuditRecord.id) == last))
            session.get_one(RulesInForce, own(NEW).digest).at = machine.clock() - timedelta(1)
        else:
            session.get_one(RulesInForce, own(NEW).digest).content = lax.content
    assert one.look() is None
    assert one.look() is None, "it is told once"
    assert one.line()[:2] == ("shared rules", False)
    with machine.store.read() as session:
        (notice,) = session.exec(select(Message.body).where(Message.kind == "notice")).all()
        assert "can't be proven" in str(notice)
    one.put(NEW)
    three = machine.starts("three", OLD)
    assert three.look() == NEW
    assert one.line()[1] is True


def test_whoever_asks_is_told_whether_their_rules_are_those_in_force(machine: Machine) -> None:
    def are(rules: Rules) -> bool:
        with machine.store.read() as session:
            return are_in_force(session.connection(), rules)

    assert are(OLD), "nobody has any"
    machine.starts("one", OLD)
    assert (are(OLD), are(NEW)) == (True, False)


def test_only_the_last_texts_are_remembered(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    one = machine.starts("one", OLD)
    for number in range(4):
        machine.clock.advance(seconds=1)
        one.put(Rules((Rule(f"rule {number}", ("U0BOB",)),)))
    with machine.store.read() as session:
        assert len(session.exec(select(RulesInForce)).all()) == 2
