"""The panel's buttons: what goes wrong, or passes, when somebody presses one. Each says what it has done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.panel import organization
from sandbox.panel.keeper import DEAD_SECONDS, Keeper
from sandbox.slack.faults import Fault

BUSY = "Nothing was done, because the bot is starting. Press again in a moment."
SLOW, AT_ONCE = 1.0, 5.0
"""Calls a second that AWS takes while it is throttled, and how many at once after a rest; with fewer nothing would ever be done."""
WANDERER, ANYWHERE, HOME = "222222222222", "/Security", "/Workloads/Staging"
"""The account that somebody moves in AWS, past the bot, and between which places."""


class AwaySlack:
    """Whether Slack answers; what the bot has to say waits meanwhile."""

    def __init__(self) -> None:
        self._plan: Fault | None = None

    @property
    def is_away(self) -> bool:
        return self._plan is not None and self._plan.times != 0

    def switch(self, keeper: Keeper) -> None:
        """Away when it was there, and the other way round."""
        if self._plan is not None and self.is_away:
            self._plan.times = 0
        else:
            self._plan = keeper.place.slack.faults.add("*", status=503, times=None)


@dataclass(frozen=True)
class Button:
    """`press` does it and says what was done; `is_on` of a switch says how it stands now."""

    name: str
    label: str
    press: Callable[[Keeper], str]
    is_on: Callable[[Keeper], bool] | None = None


def buttons() -> list[Button]:
    """All of them, in their order; they remember how Slack stands."""
    slack = AwaySlack()

    def switch_slack(keeper: Keeper) -> str:
        slack.switch(keeper)
        return "Slack answers 503 to every call of the bot." if slack.is_away else "Slack is there again."

    return [
        Button("kill", "Kill the bot", _kill),
        Button("lose", "Lose AWS's next answer", _lose, lambda keeper: keeper.place.aws.faults.planned("drop-after")),
        Button("throttle", "Throttle AWS", _throttle, lambda keeper: keeper.place.aws.is_limited),
        Button("slack", "Slack is away", switch_slack, lambda _: slack.is_away),
        Button("meddle", "Somebody changes AWS behind our back", _meddle),
        Button("day", "A day passes", _day),
        Button("anew", "Begin anew", _anew),
    ]


def _kill(keeper: Keeper) -> str:
    return f"The bot was killed (SIGKILL). It starts again in {DEAD_SECONDS:.0f} seconds." if keeper.kill() else BUSY


def _lose(keeper: Keeper) -> str:
    if keeper.place.aws.faults.planned("drop-after"):
        keeper.place.aws.faults.clear()
        return "No answer will be lost."
    keeper.place.aws.faults.add(kind="drop-after", changes=True)
    return "AWS will carry out the next change, and its answer will be lost."


def _throttle(keeper: Keeper) -> str:
    aws = keeper.place.aws
    aws.rate_limit(None if aws.is_limited else SLOW, AT_ONCE)
    return f"AWS takes {SLOW:.0f} call a second." if aws.is_limited else "AWS takes every call again."


def _meddle(_: Keeper) -> str:
    return f"Somebody moved fullback-staging-web to {organization.move(WANDERER, HOME, ANYWHERE)} in AWS's console."


def _day(keeper: Keeper) -> str:
    return "It is a day later for Slack, AWS and the bot, which starts again." if keeper.go_a_day_ahead() else BUSY


def _anew(keeper: Keeper) -> str:
    return "Everything is as it was at the start." if keeper.begin_anew() else BUSY


def answer_invitation(keeper: Keeper, which: str, *, accept: bool) -> str:
    """Accepts or declines as the invited account; raises KeyError for one that is not open."""
    whom = {one["id"]: one["whom"] for one in organization.invitations()}[which]
    if accept:
        organization.accept(which)
        return f"{whom} accepted the invitation and made the role OrganizationAccountAccessRole."
    keeper.place.aws.decline(which)
    return f"{whom} declined the invitation."
