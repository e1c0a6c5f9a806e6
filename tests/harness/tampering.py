"""What somebody can do to a request who may write to the database and knows the bot's source, but not its key.

`DECIDED` begins with a request that Bob has approved, `UNDECIDED` with one that waits for approval; each tries to have
something done that nobody approved.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select, text

from approvals.audit.chain import GENESIS, digest_of, record
from approvals.audit.keys import INFO, Keys
from approvals.models import Attempt, AuditRecord, Request, Vote
from approvals.states import Status
from operations.core.preview import digest
from tests.harness.people import DAVE
from tests.harness.workers import Workers

Tamper = Callable[[Session, Request], None]
KEYS = Keys.given(("the key of these tests, long enough",))
TAG: dict[str, Any] = {"account": "222222222222", "tags": ["owner=shop"]}


def asked(workers: Workers) -> Request:
    """A request that waits for approval."""
    found = workers.ask("tag-account", **TAG)
    workers.work()
    return found


def tamper(workers: Workers, request: Request, how: Tamper) -> None:
    """Does it, in one transaction and without the key."""
    with workers.context.store.write() as session:
        session.info.pop(INFO, None)
        how(session, session.get_one(Request, request.id, populate_existing=True))


def columns(**values: Any) -> Tamper:
    """Sets columns of the request."""

    def do(session: Session, request: Request) -> None:
        session.execute(update(Request).where(col(Request.id) == request.id).values(**values))

    return do


def shown(**values: Any) -> Tamper:
    """What the card shows, not what would run."""

    def do(session: Session, request: Request) -> None:
        columns(preview=request.preview | values)(session, request)

    return do


def loosened(session: Session, request: Request) -> None:
    """The rules as they are kept with the request ask for nothing."""
    columns(rules=[kept | {"approvals": 0} for kept in request.rules])(session, request)


def learned(**values: Any) -> Tamper:
    """What the steps of the request go by."""

    def do(session: Session, request: Request) -> None:
        columns(memory=request.memory | values)(session, request)

    return do


def earlier(*names: str) -> Tamper:
    """Times of the request, a day earlier."""

    def do(session: Session, request: Request) -> None:
        day = timedelta(days=1)
        known = {name: getattr(request, name) or request.created_at for name in names}
        columns(**{name: at - day for name, at in known.items() if at})(session, request)

    return do


def vote_earlier(session: Session, request: Request) -> None:
    votes(at=(request.created_at or 0) - timedelta(days=1))(session, request)  # type: ignore[operator]


def record_earlier(session: Session, request: Request) -> None:
    entry = next(entry for entry in records(session, request) if entry.event == "vote.approve")
    entry.at = (entry.at or 0) - timedelta(days=1)  # type: ignore[operator]


def repeated(session: Session, request: Request) -> None:
    """The record of the approval once more, at the end."""
    entry = next(entry for entry in records(session, request) if entry.event == "request.approved")
    record(session, entry.at, entry.event, entry.actor, request.id, **entry.detail)  # type: ignore[arg-type]


def attempted(session: Session, request: Request) -> None:
    """A call is noted as sent, so that the world would not be looked at again."""
    session.add(
        Attempt(request_id=request.id or 0, step="x", number=1, owner="x", outcome="ok", started_at=request.created_at)
    )


def status(to: Status, **values: Any) -> Tamper:
    """Sets the status, and makes the request due."""

    def do(session: Session, request: Request) -> None:
        columns(status=to, due_at=request.created_at, decided_by=DAVE, **values)(session, request)

    return do


def vote(session: Session, request: Request, user: str = DAVE) -> None:
    """Inserts an approval."""
    session.add(
        Vote(
            request_id=request.id or 0,
            user=user,
            person=user,
            decision="approve",
            digest=request.digest,
            at=request.created_at,
        )
    )
    session.flush()


def votes(**values: Any) -> Tamper:
    """Sets columns of the votes."""

    def do(session: Session, request: Request) -> None:
        session.execute(update(Vote).where(col(Vote.request_id) == request.id).values(**values))

    return do


def no_votes(session: Session, request: Request) -> None:
    session.execute(delete(Vote).where(col(Vote.request_id) == request.id))


def voted_and_approved(session: Session, request: Request) -> None:
    vote(session, request)
    status(Status.APPROVED)(session, request)


def sent_before(session: Session, request: Request) -> None:
    """As if a call had left already, whose answer was lost."""
    status(Status.RUNNING)(session, request)
    begun = (request.created_at or 0) - timedelta(days=1)  # type: ignore[operator]
    session.add(
        Attempt(request_id=request.id or 0, step="tag", number=1, owner="x", outcome="ambiguous", started_at=begun)
    )


def other_content(session: Session, request: Request) -> None:
    """The params and the digest that fits them, everywhere that it stands but in the audit."""
    request.params = request.params | {"tags": ["owner=mallory"]}
    request.digest = digest(request.operation, request.params, request.preview["precondition"])
    session.execute(update(Vote).where(col(Vote.request_id) == request.id).values(digest=request.digest))


def records(session: Session, request: Request | None = None) -> list[AuditRecord]:
    found = session.exec(select(AuditRecord).order_by(col(AuditRecord.id))).all()
    return [entry for entry in found if request is None or entry.request_id == request.id]


def without(event: str) -> Tamper:
    """Deletes the newest record of an event."""

    def do(session: Session, request: Request) -> None:
        entry = [entry for entry in records(session, request) if entry.event == event][-1]
        session.execute(delete(AuditRecord).where(col(AuditRecord.id) == entry.id))

    return do


def changed(event_: str, *, rehashed: bool = False, **values: Any) -> Tamper:
    """Changes a record; `rehashed` with the hash that fits."""

    def do(session: Session, request: Request) -> None:
        entry = next(entry for entry in records(session, request) if entry.event == event_)
        entry.detail = entry.detail | values.get("detail", {})
        for name in values.keys() - {"detail"}:
            setattr(entry, name, values[name])
        entry.hash = digest_of(entry) if rehashed else entry.hash

    return do


def swapped(session: Session, request: Request) -> None:
    """Two records in each other's place; not the last ones, behind which nothing could be recorded any more."""
    first, second = [entry.id for entry in records(session, request)][:2]
    for old, new in ((first, -1), (second, first), (-1, second)):
        session.execute(update(AuditRecord).where(col(AuditRecord.id) == old).values(id=new))


def mangled(session: Session, request: Request) -> None:
    """A detail that is no JSON."""
    session.execute(text("UPDATE audit SET detail = '{' WHERE event = 'vote.approve'"))


def forged(session: Session, request: Request) -> None:
    """The records of an approval at the end, chained as they should be."""
    voted_and_approved(session, request)
    at = request.created_at
    assert at is not None
    record(session, at, "vote.approve", DAVE, request.id, digest=request.digest, reason="", rule=request.rule)
    record(session, at, "request.approved", DAVE, request.id, digest=request.digest)


def rewritten(session: Session, request: Request) -> None:
    """The same, and the whole chain anew, without the record that says where the key begins."""
    forged(session, request)
    session.execute(delete(AuditRecord).where(col(AuditRecord.event) == "audit.signed"))
    last = GENESIS
    for entry in records(session):
        session.execute(update(AuditRecord).where(col(AuditRecord.id) == entry.id).values(previous=f"-{entry.id}"))
    for entry in records(session):
        session.refresh(entry)
        entry.previous = last
        entry.hash = last = digest_of(entry)
        session.flush()


def written(**values: str) -> Tamper:
    """Text in columns of the request, as it is."""

    def do(session: Session, request: Request) -> None:
        for name, value in values.items():
            session.connection().exec_driver_sql(f"UPDATE request SET {name} = ? WHERE id = ?", (value, request.id))  # noqa: S608

    return do


# With SQLite a column may hold anything.
UNREADABLE: dict[str, Tamper] = {
    **{f"{name} that are no JSON": written(**{name: "{"}) for name in ("params", "preview", "memory", "rules")},
    **{f"{name} of another kind": written(**{name: "[]"}) for name in ("params", "preview", "memory")},
    "rules of another kind": written(rules="{}"),
    "an operation that there is not": written(operation="make-coffee"),
    "a time that is none": written(announced_at="soon"),
    "a step that is no number": written(step="x"),
    "a preview without what it starts from": written(preview="{}"),
}
UNDECIDED: dict[str, Tamper] = {
    **{
        f"status {to.value} by hand": status(to)
        for to in (Status.APPROVED, Status.RUNNING, Status.WAITING, Status.UNKNOWN)
    },
    "a vote inserted, status by hand": voted_and_approved,
    "granted by hand": status(Status.APPROVED, approvals_needed=0),
    "break glass by hand": status(Status.APPROVED, break_glass=True),
    "as if it had been sent before": sent_before,
}
ROWS: dict[str, Tamper] = {
    "one more vote": vote,
    "the vote deleted": no_votes,
    "the vote of another": votes(user=DAVE),
    "the vote for something else": votes(digest="x"),
    "the params": columns(params={"account": "222222222222", "tags": ["owner=mallory"]}),
    "params that are none": columns(params=[]),
    "the params and their digest": other_content,
    "another operation": columns(operation="untag-account"),
    "the world it was judged in": columns(preview={"precondition": {"root": "r-evil"}}),
    "another requester": columns(requester=DAVE),
    "another rule": columns(rule="lax"),
    "fewer approvals": columns(approvals_needed=0),
    "rules that ask for nothing": loosened,
    "another address of the requester": columns(person="mallory@example.com"),
    "another team": columns(team="T0OTHER"),
    "another reason": columns(reason="because"),
    "the mark of another request": columns(marker="f" * 32),
    "approved by another, in its row": columns(decided_by=DAVE),
    "the card's facts": shown(facts=[{"label": "Tag", "value": "harmless"}]),
    "the card's title": shown(title="Look at an account"),
    "asked earlier": earlier("created_at"),
    "before approvers earlier": earlier("announced_at"),
    "escalated by hand": earlier("escalated_at"),
    "another end": earlier("expires_at"),
    "an address of another approver": votes(person="mallory@example.com"),
    "approved earlier": vote_earlier,
    "as if something had been sent": attempted,
    "a step that nobody has taken": columns(step=1),
    "a fact that no step has learned": learned(account="333333333333"),
    "an end that nobody asked for": learned(asked="give up"),
}
RECORDS: dict[str, Tamper] = {
    "approved earlier, in the audit": record_earlier,
    "approved twice, in the audit": repeated,
    **{f"without {event}": without(event) for event in ("request.filed", "vote.approve", "request.approved")},
    "filed as something else": changed("request.filed", detail={"digest": "x"}),
    "filed as something else, with its hash": changed("request.filed", rehashed=True, detail={"digest": "x"}),
    "approved by another": changed("request.approved", actor=DAVE),
    "a reason": changed("vote.approve", rehashed=True, detail={"reason": "fine"}),
    "the record of another request": changed("vote.approve", rehashed=True, request_id=None),
    "an approval into a denial": changed("vote.approve", event="vote.deny"),
    "two records swapped": swapped,
    "a record mangled": mangled,
}
DECIDED = ROWS | RECORDS
WITHOUT_KEY: dict[str, Tamper] = {"an approval forged": forged, "the whole chain forged": rewritten}
