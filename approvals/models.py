"""The tables. `request` is the queue: what is due, for whom, and what is known of it; nothing that matters lives elsewhere.

Times are aware UTC. Everything here works on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Index, Text, UniqueConstraint, false, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from approvals.states import LIVE as LIVE_STATES
from approvals.states import Status
from operations.core.base import Operation
from operations.core.registry import by_name

DIGEST = 12  # Characters of the digest that people are shown.
TITLE = "title"  # In the memory of a request that never got a preview.
LIVE_SQL = "status IN (" + ", ".join(f"'{status.value}'" for status in sorted(LIVE_STATES)) + ")"
FINISHED_SQL = "finished_at IS NOT NULL"
UNPRUNED_SQL = f"{FINISHED_SQL} AND NOT pruned"
LIVE = text(LIVE_SQL)  # In the words of the partial index, by which databases find the live among all that ever were.


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC in Python, plain UTC in SQLite (which has no time zones), timestamptz in PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; give aware UTC")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        del dialect
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _time(*, index: bool = False, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(UtcTime, index=index, nullable=nullable))


def _json(default: Any, server_default: str | None = None) -> Any:
    return Field(default_factory=default, sa_column=Column(JSON, nullable=False, server_default=server_default))


def _blank(description: str = "") -> Any:
    """Text that the database itself fills, so that filing a request sends only what was asked."""
    return Field(default="", sa_column_kwargs={"server_default": ""}, description=description)


def _zero(description: str = "") -> Any:
    return Field(default=0, sa_column_kwargs={"server_default": "0"}, description=description)


class Request(SQLModel, table=True):
    """One request, from the slash command to its end. What was asked (`operation`, `params`) never changes after `announced_at`.

    Every index is one more page to write before Slack gets its answer; the live rows are found by the one that keeps subjects
    apart, and those of the finished are not written to when something is filed.
    """

    __table_args__ = (
        Index(
            "one_live_request_a_subject",
            "operation",
            "subject",
            unique=True,
            sqlite_where=text(LIVE_SQL),
            postgresql_where=text(LIVE_SQL),
        ),
        Index(
            "finished_and_whole",
            "finished_at",
            sqlite_where=text(UNPRUNED_SQL),
            postgresql_where=text(UNPRUNED_SQL),
        ),
        Index(
            "finished_of_whom",
            "requester",
            "id",
            sqlite_where=text(FINISHED_SQL),
            postgresql_where=text(FINISHED_SQL),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(unique=True, description="Slack's delivery, so that a redelivered command is filed once")
    marker: str = Field(description="unique among all installations; sent along to AWS and Slack")
    key: str = _blank("random; only this request's buttons carry it, and nobody but Slack is sent it")
    operation: str
    subject: str
    params: dict[str, Any] = _json(dict)
    reason: str = _blank()
    team: str
    requester: str
    person: str = _blank("the requester's canonical identity: the e-mail address, else the user id")
    channel: str = _blank("where it was typed")
    status: Status = Field(
        default=Status.PENDING, sa_column=Column(Text, nullable=False, server_default=Status.PENDING)
    )
    rule: str = _blank("the first of the rules, by which older versions know the request")
    rules: list[dict[str, Any]] = _json(list, server_default="[]")
    approvals_needed: int = 1
    preview: dict[str, Any] = _json(dict, server_default="{}")
    digest: str = _blank()
    memory: dict[str, Any] = _json(dict, server_default="{}")
    step: int = _zero()
    polls: int = _zero("looks since the last progress; the wait grows with it")
    outcome: str = _blank("the last word, in plain text, for people")
    advice: str = _blank("the way out of a failure")
    decided_by: str = _blank()
    decision_reason: str = _blank()
    break_glass: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="it acts at once, without an approval, and is reviewed afterwards",
    )
    reviewed_by: str = _blank("who has signed the review of what was done under break glass")
    follows: int = _zero("the request whose end offered this one, so that it stands in that one's thread; 0 for most")
    card_channel: str = _blank()
    card_ts: str = _blank()
    thread_ts: str = _blank("the message under which the card stands, where the request follows from another one")
    card_link: str = _blank()
    lease_owner: str = _blank()
    sealed: str = _blank("by approvals.audit.keys, over what was asked when it was taken in; empty without a key")
    created_at: datetime | None = _time(nullable=False)
    announced_at: datetime | None = _time()
    expires_at: datetime | None = _time()
    decided_at: datetime | None = _time()
    reviewed_at: datetime | None = _time()
    finished_at: datetime | None = _time()
    due_at: datetime | None = _time()
    lease_until: datetime | None = _time()
    reminders: int = _zero("reminders that have been said, or left out because something else was said")
    remind_at: datetime | None = _time()
    escalated_at: datetime | None = _time()
    warned_at: datetime | None = _time()
    tell_at: datetime | None = _time()
    pruned: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="its messages, attempts and details were removed: approvals.request.prune",
    )

    @property
    def link(self) -> str:
        """`request #12`, linked to its card when the card is known; mrkdwn."""
        return f"<{self.card_link}|request #{self.id}>" if self.card_link else f"request #{self.id}"

    @property
    def thread(self) -> str:
        """The `ts` of the message under which everything about it is said; empty while there is no card."""
        return self.thread_ts or self.card_ts

    @property
    def title(self) -> str:
        """The request in one line of plain text; its operation's name until that is known."""
        return str(self.preview.get("title") or self.memory.get(TITLE) or self.operation)

    @property
    def button(self) -> str:
        """What this request's buttons carry; `approvals.authority.press` reads it."""
        return carried(self.id, self.key)

    @property
    def button_beside_digest(self) -> str:
        """The same for buttons away from the card, beside which the beginning of the digest stands: what was seen is decided."""
        return carried(self.id, self.key, self.digest[:DIGEST])


def carried(number: int | None, key: str, shown: str = "") -> str:
    """What a button of a request carries: the number finds the row, and the key says that it is the request which was meant.

    `shown` is the beginning of the digest that stands beside the button.
    """
    return f"{number}.{key}.{shown}" if shown else f"{number}.{key}"


class Vote(SQLModel, table=True):
    """One person's decision on one request; `digest` says what exactly was decided upon."""

    __table_args__ = (UniqueConstraint("request_id", "person", name="one_vote_a_person"),)

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    user: str
    person: str
    decision: str
    reason: str = ""
    digest: str
    seat: str = Field(
        default="first",
        sa_column_kwargs={"server_default": "first"},
        description="approvals.authority.quorum.Seat when they clicked, for the card; whether it counts is judged anew each time",
    )
    seats: dict[str, str] = _json(dict, server_default="{}")
    at: datetime | None = _time(nullable=False)


class Attempt(SQLModel, table=True):
    """The intent to send one call to AWS, committed before the call; `outcome` is empty until its answer is known."""

    __table_args__ = (UniqueConstraint("request_id", "step", "number", name="one_attempt_a_number"),)

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    step: str
    number: int
    owner: str
    outcome: str = ""
    detail: str = ""
    started_at: datetime | None = _time(nullable=False)
    finished_at: datetime | None = _time()


class Interaction(SQLModel, table=True):
    """A click as Slack delivered it, kept until a worker has dealt with it; `delivery` makes a redelivered click one.

    `request_id` and `key` are what the button carried, and `message_ts` in `channel` is the message that it stood on;
    `private` when that was shown to the presser alone: an answer to a command, the home tab.
    """

    id: int | None = Field(default=None, primary_key=True)
    delivery: str = Field(unique=True)
    kind: str
    user: str
    team: str
    request_id: int
    key: str = _blank()
    reason: str = ""
    channel: str = ""
    message_ts: str = _blank()
    private: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    shown: str = _blank("the beginning of the digest that stood beside the button, where it did not stand on a card")
    sealed: str = _blank("by approvals.audit.keys, when it was taken in; empty without a key")
    received_at: datetime | None = _time(nullable=False)
    due_at: datetime | None = _time(index=True)
    tries: int = 0
    lease_owner: str = ""
    lease_until: datetime | None = _time()


class Message(SQLModel, table=True):
    """Something to tell Slack. Messages of one `lane` leave in the order of their ids; one that waits holds back those behind it."""

    __table_args__ = (Index("lane_order", "lane", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    lane: str
    kind: str
    request_id: int | None = Field(default=None, index=True)
    channel: str = ""
    user: str = ""
    body: dict[str, Any] = _json(dict)
    marker: str
    sealed: str = _blank("by approvals.audit.keys, over what is said, to whom and where; empty without a key")
    status: str = Field(default="queued", index=True, description="queued, sending, sent, dropped or aside")
    tries: int = 0
    error: str = ""
    ts: str = ""
    created_at: datetime | None = _time(nullable=False)
    due_at: datetime | None = _time()
    started_at: datetime | None = _time()
    lease_owner: str = ""
    lease_until: datetime | None = _time()


class HomeViewer(SQLModel, table=True):
    """Somebody who has opened their home tab lately; `shown` is the last audit record that it reflects."""

    id: int | None = Field(default=None, primary_key=True)
    user: str = Field(unique=True)
    shown: int = -1
    opened_at: datetime | None = _time(nullable=False)
    due_at: datetime | None = _time()
    lease_owner: str = ""
    lease_until: datetime | None = _time()


class Picture(SQLModel, table=True):
    """A picture of the organization that Slack keeps for home tabs; `digest` is that of what it shows."""

    digest: str = Field(primary_key=True)
    file: str
    replaced_at: datetime | None = _time()


class Preference(SQLModel, table=True):
    """What somebody has chosen and need not choose again: `shell` is one of approvals.views.snippets.SHELLS."""

    user: str = Field(primary_key=True)
    shell: str = ""


class RoleSession(SQLModel, table=True):
    """What is known of one request's role session and of the message that hands it over; never a secret.

    The access key id is that of the newest credentials. `due_at` is when a worker has to look at it next.
    """

    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", unique=True)
    key: str = _blank("that of the request, for the buttons about this session")
    user: str
    account: str
    role: str
    duration: int = Field(description="seconds")
    session_name: str
    role_id: str = ""
    access_key_id: str = ""
    state: str = Field(index=True, description="see approvals.sessions.book.State")
    channel: str = ""
    ts: str = ""
    offer: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": false()},
        description="its message is the one with the button, which holds no secret: it is rewritten, never deleted",
    )
    ended_by: str = ""
    warned: bool = False
    tries: int = 0
    alerted: bool = False
    issued_at: datetime | None = _time()
    expires_at: datetime | None = _time()
    delete_due_at: datetime | None = _time()
    due_at: datetime | None = _time(index=True)
    lease_owner: str = ""
    lease_until: datetime | None = _time()

    @property
    def was_handed_over(self) -> bool:
        """Whether somebody has seen the credentials, as far as is known; an offer that nobody has opened has no key."""
        return self.state not in ("minted", "offered", "lost") and bool(self.access_key_id)

    @property
    def button(self) -> str:
        """What the buttons about this session carry: the same as those of its request."""
        return carried(self.request_id, self.key)


class Installation(SQLModel, table=True):
    """The one row that names this database among all that ever were: what is posted carries the name.

    After a restore it says how far that is (`quarantine`, see approvals.request.quarantine), from when the backup is, and since when
    the bot looks at what was under way.
    """

    id: int | None = Field(default=None, primary_key=True)
    identity: str
    created_at: datetime | None = _time(nullable=False)
    quarantine: str = _blank("empty, restored, held or released")
    backup_at: datetime | None = _time()
    held_at: datetime | None = _time()


class Process(SQLModel, table=True):
    """A process that works on this database, when it last said so, and which Slack bot it is."""

    owner: str = Field(primary_key=True)
    bot: str
    seen_at: datetime | None = _time(nullable=False)


class RulesInForce(SQLModel, table=True):
    """Rules that a process was given; in force everywhere are those whose `at` is the newest. See bot.rules."""

    digest: str = Field(primary_key=True)
    content: str = Field(sa_column=Column(Text, nullable=False))
    owner: str
    at: datetime | None = _time(nullable=False)


class SharedSnapshot(SQLModel, table=True):
    """The one row with the newest snapshot of the organization that any process has read, as JSON."""

    id: int | None = Field(default=None, primary_key=True)
    read_at: datetime | None = _time(nullable=False)
    content: str = Field(sa_column=Column(Text, nullable=False))
    sealed: str = _blank("by approvals.audit.keys; empty without a key")


class Binding(SQLModel, table=True):
    """What a word of the rules (`key` is under or accounts) meant when it was first seen: the id of an OU or of an account.

    `told` is what the approval channel was told last about a name that no longer fits; `seen_at` is when a process last had
    the word in its rules, within an hour.
    """

    __table_args__ = (UniqueConstraint("key", "word", "meant", name="one_binding_a_meaning"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str
    word: str
    meant: str
    told: str = ""
    bound_at: datetime | None = _time(nullable=False)
    seen_at: datetime | None = _time()


class Stumble(SQLModel, table=True):
    """A job that did not go well when it was last tried; most jobs never have one. `key` is the id of the row that is worked on.

    Written by approvals.queue.worker alone. `error` names the error's type and its place in the code, never its text.
    """

    __table_args__ = (UniqueConstraint("kind", "key", name="one_stumble_a_job"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(description="the name of an approvals.queue.worker.Job")
    key: int
    waits: int = Field(default=0, description="outages in a row")
    tries: int = Field(default=0, description="errors of the bot's own in a row")
    error: str = ""
    told: bool = Field(default=False, description="the people concerned know that it was set aside")
    again_at: datetime | None = _time()
    set_aside_at: datetime | None = _time()
    due_at: datetime | None = (
        _time()
    )  # The row's own due time when it was set aside: one that is made due anew is a new job.


class KnownChange(SQLModel, table=True):
    """What is known to have changed since the organization was read: every process takes it into its snapshot.

    Written when a step's goal stands, or when AWS told about a name that was not known; see approvals.queue.changes.
    """

    __tablename__ = "known_change"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime | None = _time(index=True, nullable=False)
    changes: list[dict[str, Any]] = _json(list)
    sealed: str = _blank("by approvals.audit.keys; empty without a key")


class AuditRecord(SQLModel, table=True):
    """One line of the audit, chained: `hash` covers this record and `previous`, the hash of the one before."""

    __tablename__ = "audit"
    __table_args__ = (Index("event_order", "event", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime | None = _time(nullable=False)
    event: str
    actor: str
    request_id: int | None = Field(default=None, index=True)
    detail: dict[str, Any] = _json(dict)
    previous: str = Field(unique=True, description="unique, so that the chain cannot fork")
    hash: str


def operation_of(request: Request) -> Operation:
    """The declaration that a stored request was made from; raises pydantic.ValidationError when it no longer fits."""
    return by_name()[request.operation].model_validate(request.params)
