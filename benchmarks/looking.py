"""How quick the looks and the previews are over 10,000 accounts in 1,000 OUs, against a bare walk over the same accounts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from approvals.authority.reach import ask_of, hits, judged
from approvals.authority.rules import Rule, Rules
from benchmarks.table import Row
from handlers.queries.question import Question, SnapshotView
from handlers.queries.registry import QUERIES
from operations.accounts.move_account import policy_changes
from operations.aws.client import Aws
from operations.aws.errors import BusyError
from operations.policies.update_policy import UpdatePolicy
from operations.snapshot.live import LiveAws
from operations.snapshot.organization import Account, Organization, OrganizationalUnit
from operations.snapshot.places import accounts_beneath, reach_lines
from operations.snapshot.policies import Policies, Policy

ACCOUNTS, UNITS, ROUNDS = 10_000, 1_000, 9
NOW = datetime(2030, 1, 2, tzinfo=UTC)
ASKED = (
    ("tree", ""),
    ("accounts", ""),
    ("accounts", "account-09 unit"),
    ("account", "account-09999"),
    ("policies", ""),
)
PASSES, FIRST, JUDGING = 5.0, 12.0, 200.0


class Nobody:
    """No clients at all."""

    def client(self, service: str, *, writes: bool) -> Any:
        raise BusyError(service, f"nobody is asked, {writes=}")

    def acting_as(self, _: Any) -> Any:
        raise NotImplementedError


def rows() -> Iterator[Row]:
    """Each look against one pass over all accounts that joins and folds their names; the first look at a picture too."""
    organization = _grown()
    floor = _timed(lambda: "\n".join(f"{a.name} {a.id} {a.email}" for a in organization.accounts).casefold())
    view = SnapshotView(organization)
    for word, text in ASKED:
        _look(view, word, text)
        yield _row(f"/org {word} {text}".strip(), _timed(partial(_look, view, word, text)), floor, PASSES)
    first = _timed(lambda: _look(SnapshotView(organization), "accounts", "unit"))
    yield _row("/org accounts, first look at a picture", first, floor, FIRST)
    yield _row("preview: what a policy at the root hits", _timed(lambda: _hits(organization)), floor, FIRST)
    ends = organization.units[1].id, organization.units[-1].id
    changes = _timed(lambda: policy_changes(organization, *ends))
    yield _row("preview: policies lost and gained by a move", changes, floor, PASSES)
    operation = UpdatePolicy(policy=organization.policies.known[0].id, description="x")
    judging = _timed(lambda: judged(_rules(), ask_of(operation), hits(operation, organization)))
    yield _row("50 rules judged on all that a policy at the root reaches", judging, floor, JUDGING)


def _hits(organization: Organization) -> object:
    return reach_lines(organization, accounts_beneath(organization, organization.root))


def _look(view: SnapshotView, word: str, text: str) -> object:
    """AWS itself has no part in it: where it should tell something, nobody answers."""
    return QUERIES[word].show(Question(view, NOW, text), LiveAws(Aws(Nobody())))


def _row(name: str, ours: float, floor: float, target: float) -> Row:
    return Row(f"{name}, {ACCOUNTS:,} accounts", f"{ours:.1f} ms", f"{floor:.1f} ms", ours / floor, target)


def _rules() -> Rules:
    """Fifty, of which the last decides about most, and every fifth looks at accounts."""
    places = [Rule(f"r{n}", ("U1",), under=f"/unit-{n:04}", accounts=() if n % 5 else ("nobody",)) for n in range(49)]
    return Rules([*places, Rule("rest", ("U1",))])


def _timed(work: Callable[[], object]) -> float:
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        rounds.append((time.perf_counter() - began) * 1000)
    return statistics.median(rounds)


def _grown() -> Organization:
    """OUs ten beneath each, accounts spread evenly, and FullAWSAccess attached to all of them, as AWS does."""
    units = [OrganizationalUnit("r-1", "Root", "", "/")]
    for number in range(UNITS):
        above = units[number // 10]
        name = f"unit-{number:04}"
        units.append(OrganizationalUnit(f"ou-1-{number:08}", name, above.id, f"{above.path.rstrip('/')}/{name}"))
    accounts = tuple(
        Account(
            f"{100000000000 + n}", f"account-{n:05}", f"account-{n:05}@example.com", "ACTIVE", units[1 + n % UNITS].id
        )
        for n in range(ACCOUNTS)
    )
    full = Policy("p-FullAWSAccess", "FullAWSAccess", "SERVICE_CONTROL_POLICY", aws_managed=True)
    everywhere = (*(unit.id for unit in units), *(account.id for account in accounts))
    policies = Policies((full,), {full.id: everywhere}, {full.type: "ENABLED"})
    return Organization("o-1", "1" * 12, "r-1", "ALL", tuple(units), accounts, NOW, policies)
