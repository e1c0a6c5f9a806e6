"""The states of a request, each explained where it is declared, and the ways from one to the next."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where a request is in its life. Terminal states never change."""

    PENDING = "pending"
    """Filed and waiting for approvers; nothing has been asked of AWS."""
    APPROVED = "approved"
    """Enough approvers have agreed; the next worker checks once more that the world is the one that was approved."""
    RUNNING = "running"
    """A worker holds it and observes or acts in AWS."""
    WAITING = "waiting"
    """AWS is at work, or has asked for patience; it is looked at again when it is due."""
    UNKNOWN = "unknown"
    """A call's answer was lost, or AWS accepted it and shows nothing of it. AWS is asked whether it took effect before it may be
    sent again."""
    SUCCEEDED = "succeeded"
    """Everything that was asked for stands in AWS."""
    FAILED = "failed"
    """AWS will not do it, or not all of it, or the audit does not prove that it was approved; the card says what was done and what was not."""
    STALE = "stale"
    """The world changed, so that something else would be done than was approved, or whoever asked may not ask any more. Nothing
    was done."""
    DENIED = "denied"
    """An approver said no."""
    CANCELLED = "cancelled"
    """The requester took it back before a decision."""
    EXPIRED = "expired"
    """Nobody decided in time."""
    REFUSED = "refused"
    """It could not become a request: something it names does not exist, or no rule allows it. No approver was asked."""


LIVE = frozenset({Status.PENDING, Status.APPROVED, Status.RUNNING, Status.WAITING, Status.UNKNOWN})
TERMINAL = frozenset(Status) - LIVE
EXECUTING = frozenset({Status.APPROVED, Status.RUNNING, Status.WAITING, Status.UNKNOWN})

_ON = EXECUTING - {Status.APPROVED} | {Status.SUCCEEDED, Status.FAILED, Status.STALE}
WAYS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {Status.APPROVED, Status.DENIED, Status.CANCELLED, Status.EXPIRED, Status.REFUSED, Status.STALE}
    ),
    Status.APPROVED: _ON,
    Status.RUNNING: _ON,
    Status.WAITING: _ON,
    Status.UNKNOWN: _ON,
}
BEFORE: dict[Status, frozenset[Status]] = {
    status: frozenset(start for start, ends in WAYS.items() if status in ends) for status in Status
}
"""The states from which each may be reached."""


class Outcome(StrEnum):
    """What is known of a call after it was sent."""

    OPEN = ""
    """No answer yet, or the process died before it was written down: it may have taken effect."""
    OK = "ok"
    """AWS took it on."""
    REFUSED = "refused"
    """AWS said no; nothing was changed."""
    BUSY = "busy"
    """AWS said not now; nothing was changed."""
    FENCED = "fenced"
    """It never left the process."""
    AMBIGUOUS = "ambiguous"
    """The answer was lost: it may have taken effect."""
