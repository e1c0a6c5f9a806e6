"""What an answer of AWS that is no "yes" means for a request: wait, look, somebody can mend it, or no.

Each error code and each reason of AWS Organizations, Account Management, IAM and STS is sorted once, in `codes.py` and
`reasons.py`; a test goes over botocore's models and fails for one that nobody has sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from operations.aws.prefilled import Prefilled


class Next(StrEnum):
    """What comes next after AWS refused a call."""

    WAIT = "wait"
    """Not now: something is in progress, or there were too many calls. The same call is sent again by itself."""
    LOOK = "look"
    """The refusal does not tell whether the goal stands, or AWS may not see yet what was changed a moment ago: AWS is looked at."""
    MEND = "mend"
    """Somebody can mend it, and the request stays as it is; `advice` says who and how."""
    NO = "no"
    """AWS will not do it as it was asked."""


SOON = timedelta(hours=1)
DAY = timedelta(hours=25)  # What AWS counts by the day passes, and so does an outage.
LAG = timedelta(minutes=10)  # How long AWS may not show what was changed a moment ago.


@dataclass(frozen=True)
class Meaning:
    """`say` is what it means in plain words (for WAIT, what is waited for), `advice` the way out; `{message}` is AWS's own text.

    `within` is how long a call that has to wait is sent again before the request ends, `pause` the longest time between two;
    `opens` are the requests that the advice means; with `again` the very same may be asked for again afterwards.
    """

    next: Next
    say: str = ""
    advice: str = ""
    within: timedelta = SOON
    pause: timedelta = timedelta(minutes=1)
    opens: tuple[Prefilled, ...] = ()
    again: bool = False


UNSORTED = Meaning(Next.NO)


def wait(say: str, within: timedelta = SOON, pause: timedelta = timedelta(minutes=1)) -> Meaning:
    """Not now; the advice is for when it has not passed in all that time."""
    advice = "Check in the AWS console what is still in progress there, then ask again."
    return Meaning(Next.WAIT, say, advice, within, pause, again=True)


def look(say: str = "", advice: str = "", *opens: Prefilled, again: bool = False) -> Meaning:
    """The words are for when AWS goes on refusing and the goal is not seen."""
    return Meaning(Next.LOOK, say, advice, LAG, opens=opens, again=again)


def late(say: str, advice: str, *opens: Prefilled) -> Meaning:
    """Against what was seen before the call: AWS may not know yet what was changed a moment ago. If it stays so, somebody can
    mend it.
    """
    return Meaning(Next.LOOK, say, advice, LAG, opens=opens, again=True)


def mend(say: str, advice: str, *opens: Prefilled) -> Meaning:
    """Somebody can mend it."""
    return Meaning(Next.MEND, say, advice, opens=opens, again=True)


def no(say: str = "", advice: str = "", *opens: Prefilled, again: bool = False) -> Meaning:
    """AWS will not do it; without words it is shown as AWS says it."""
    return Meaning(Next.NO, say, advice, opens=opens, again=again)
