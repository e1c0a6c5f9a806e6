"""Every kind of job, with an error of the bot's own at every call that it makes out of its module: once, and for ever.

The calls are found, not listed: whatever a module of the rooms calls by name in another one, and whatever stands behind it
(Slack, AWS, people, the database, rules, the clock). See `tests.harness.stumbling`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from approvals.dispatcher import JOBS
from approvals.models import Request, RoleSession
from approvals.queue.outgoing import EDITED, LINE
from approvals.queue.worker import TRIES, set_aside_jobs
from bot.http.readiness import _set_aside
from sandbox.aws.server import AwsSandbox
from tests.harness.people import ALICE, BOB, CAROL
from tests.harness.profiles import is_full
from tests.harness.stumbling import Stumbling, Wire, arm_within_the_policy, wire_the_rooms

WEB, API = "222222222222", "333333333333"
CHANNEL = "C0APPROVALS"


def asked(bot: Stumbling) -> tuple[Request, Request]:
    """Two requests, of which the first will stumble."""
    first = bot.workers.ask("tag-account", account=WEB, tags=["team=mobile"])
    return first, bot.workers.ask("tag-account", account=API, tags=["team=web"], by=CAROL)


def announced(bot: Stumbling) -> tuple[Request, Request]:
    """Both cards are posted, and everybody who has to be told is."""
    both = asked(bot)
    bot.settle(1)
    return both


def _announce(bot: Stumbling) -> int:
    return asked(bot)[0].id or 0


def _click(bot: Stumbling) -> int:
    for request in announced(bot):
        bot.workers.click(request, "approve", BOB)
    return 1


def _deny(bot: Stumbling) -> int:
    for request in announced(bot):
        bot.workers.click(request, "deny", BOB, reason="not now")
    return 1


def _run(bot: Stumbling) -> int:
    first, _ = announced(bot)
    for request in (1, 2):
        bot.workers.click(bot.workers.request(request), "approve", BOB)
        bot.decide()
    return first.id or 0


def _card(bot: Stumbling) -> int:
    asked(bot)
    bot.workers.work()
    return int(bot.messages("card", 1)[0].id or 0)


def _thread(bot: Stumbling) -> int:
    _run(bot)
    return int(bot.messages(LINE, 1)[0].id or 0)


def _dm(bot: Stumbling) -> int:
    _run(bot)
    return int(bot.messages(EDITED, 1)[-1].id or 0)


def _private(bot: Stumbling) -> int:
    for request in announced(bot):
        bot.workers.click(request, "approve", request.requester)
    bot.workers.work()
    return int(bot.messages("private", 1)[0].id or 0)


def granted(bot: Stumbling) -> None:
    """Credentials are approved, and their message waits to be sent."""
    request = bot.workers.ask("credentials", account=WEB)
    bot.settle(1)
    bot.workers.click(request, "approve", BOB)


def _credentials(bot: Stumbling) -> int:
    granted(bot)
    bot.decide()
    bot.workers.work()
    return int(bot.messages("credentials", 1)[0].id or 0)


def _ending(bot: Stumbling) -> int:
    granted(bot)
    bot.settle(1)
    bot.workers.click(bot.workers.request(1), "end", ALICE)
    bot.decide()
    return int(bot.rows(RoleSession)[0].id)


def _over(bot: Stumbling) -> int:
    granted(bot)
    bot.settle(1)
    session = bot.rows(RoleSession)[0]
    bot.workers.clock.now = session.expires_at
    return int(session.id)


def _expire(bot: Stumbling) -> int:
    first, _ = announced(bot)
    bot.workers.clock.advance(hours=73)
    return first.id or 0


def _remind(bot: Stumbling) -> int:
    first, _ = announced(bot)
    bot.workers.clock.advance(hours=5)
    return first.id or 0


def _tell(bot: Stumbling) -> int:
    bot.workers.people.channel = {ALICE, CAROL}
    first, _ = asked(bot)
    bot.workers.work()
    for lane in bot.workers.lanes():
        bot.outbox.send_lane(lane)
    return first.id or 0


def _home(bot: Stumbling) -> int:
    for user in (ALICE, BOB):
        bot.workers.intake.opens_home(user)
    return 1


@dataclass(frozen=True)
class Case:
    """A kind of job: what makes one due, to whom it is told when it is set aside, and whether it is taken up after a restart."""

    kind: str
    begin: Callable[[Stumbling], int]
    told: tuple[str, ...] = ()
    resumes: bool = True
    minutes: float = 20


SPARSE = 15
COUNTED = ("said", "audit", "aws")
DM, THREAD = f"D{ALICE}", CHANNEL
CASES = {
    "announce": Case("announce", _announce, (DM,)),
    "click": Case("click", _click, (BOB,), resumes=False),
    "click that denies": Case("click", _deny, (BOB,), resumes=False),
    # A call that may have left is looked for before it is sent again, for 12 minutes each time.
    "run": Case("run", _run, (DM, THREAD), resumes=False, minutes=90),
    "card": Case("lane", _card, (DM,)),
    "thread": Case("lane", _thread),
    "direct message": Case("lane", _dm),
    "private line": Case("lane", _private),
    "credentials": Case("lane", _credentials, (DM, THREAD), resumes=False),
    "end of a session": Case("session", _ending, (DM, THREAD)),
    "expiry of a session": Case("session", _over, (DM, THREAD)),
    "expire": Case("expire", _expire, (DM, THREAD)),
    "remind": Case("remind", _remind, (DM, THREAD)),
    "tell": Case("tell", _tell, (DM, THREAD)),
    "home": Case("home", _home, (f"home of {ALICE}",)),
}
every_case = pytest.mark.parametrize("sweep", CASES, indirect=True)


def test_no_kind_of_job_is_left_out() -> None:
    assert {case.kind for case in CASES.values()} == {job.name for job in JOBS}


class Sweep:
    """One case, from the same beginning for each call that stumbles."""

    def __init__(self, aws: AwsSandbox, case: Case, patch: pytest.MonkeyPatch) -> None:
        self.aws, self.case, self.wire = aws, case, Wire()
        wire_the_rooms(patch, self.wire)
        arm_within_the_policy(patch, self.wire)
        self._beginning = Stumbling(aws, self.wire)
        self._key = case.begin(self._beginning)
        assert not self._beginning.outcome()["aws"], "AWS begins anew each time"

    @contextmanager
    def begun(self) -> Iterator[Stumbling]:
        self.aws.reset()
        self.wire.forget()
        bot = Stumbling(self.aws, self.wire)
        bot.begin_like(self._beginning)
        self.wire.kind, self.wire.key = self.case.kind, self._key
        yield bot
        bot.close()

    def close(self) -> None:
        self._beginning.close()

    def undisturbed(self) -> tuple[list[str], dict[str, Any]]:
        """The calls of the first try, and how everything ends."""
        with self.begun() as bot:
            bot.once()
            calls = list(bot.wire.calls)
            bot.settle(self.case.minutes)
            return calls, bot.outcome()


@pytest.fixture
def sweep(request: pytest.FixtureRequest, aws: AwsSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweep]:
    found = Sweep(aws, CASES[request.param], monkeypatch)
    yield found
    found.close()


def some(calls: list[tuple[int, str]], turn: int) -> list[tuple[int, str]]:
    """All of them where the promised numbers are asked for. Else every other way out of the bot, and some of the calls within it:
    what one of the two tests leaves out is the other's.
    """
    if is_full():
        return calls
    first = {call: nth for nth, call in reversed(calls)}
    ways_out = [call for call in first if call.startswith(("slack", "write", "after", "store.write"))]
    ways_out.sort(key=first.__getitem__)
    mine = {*(first[call] for call in ways_out[turn::2]), *(nth for nth, _ in calls[turn * SPARSE :: 2 * SPARSE])}
    return [one for one in calls if one[0] in mine]


def differing(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What differs from the undisturbed run, part by part; of what is counted, only what there is more of."""
    counted = {part: (found[part] - expected[part], expected[part] - found[part]) for part in COUNTED}
    told = {part: both for part, both in counted.items() if any(both)}
    return told | {part: found[part] for part in expected if part not in COUNTED and found[part] != expected[part]}


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.exc_info]


@every_case
def test_an_error_that_passes_changes_nothing(sweep: Sweep, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever call it hit, the job ends as if nothing had been, with nothing done twice, and its row is given back."""
    calls, expected = sweep.undisturbed()
    assert calls
    for nth, call in some(list(enumerate(calls, 1)), 0):
        caplog.clear()
        with sweep.begun() as bot:
            bot.wire.nth = nth
            bot.once()
            where = f"call {nth}, {call}"
            assert (bot.wire.trips, bot.leased()) == (1, []), where
            bot.settle(sweep.case.minutes)
            assert len(tracebacks(caplog)) == 1, where
            assert differing(bot.outcome(), expected) == {}, where
            assert (bot.told(), bot.counted, bot.leased()) == ({}, [], []), where
            assert bot.stumble() is None, where


@every_case
def test_an_error_that_stays_is_set_aside_and_told_and_holds_nothing_up(
    sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    calls, expected = sweep.undisturbed()
    set_aside = 0
    for _, call in some(list(enumerate(dict.fromkeys(calls))), 1):
        caplog.clear()
        with sweep.begun() as bot:
            bot.wire.lasting = call
            bot.settle(sweep.case.minutes)
            assert bot.leased() == [], call
            if bot.counted:
                set_aside += 1
                assert len(tracebacks(caplog)) == 1 or "after" in call, (
                    call
                )  # What was given back by then begins a new turn.
                is_set_aside(bot, sweep.case, call)
                others_went_on(bot, expected, call)
                if sweep.case.resumes:
                    ends_after_a_restart(bot, sweep.case, expected, call)
            else:  # The job was done by then, or got on with each try.
                assert differing(bot.outcome(), expected) == {}, call
    assert set_aside


def is_set_aside(bot: Stumbling, case: Case, call: str) -> None:
    stumble = bot.stumble()
    assert stumble, call
    assert (stumble.tries, bool(stumble.set_aside_at), bot.counted) == (TRIES, True, [case.kind]), call
    assert bot.wire.trips >= TRIES, call
    with bot.sound.store.read() as session:
        aside = set_aside_jobs(session)
    assert aside == {case.kind: 1}, call
    assert _set_aside(aside)[1:] == (
        None,
        f"set aside after an error of the bot's own, see the log: 1 {case.kind}",
    )
    assert bot.told() == Counter(case.told), call


def others_went_on(bot: Stumbling, expected: dict[str, Any], call: str) -> None:
    """What is about the second request, or for the second person, is as it would have been."""
    found = bot.outcome()
    assert about_the_second(found) == about_the_second(expected), call
    assert found["requests"][1:] == expected["requests"][1:], call
    assert [vote for vote in found["votes"] if vote[0] == 2] == [vote for vote in expected["votes"] if vote[0] == 2], (
        call
    )
    assert found["homes"].get(BOB) == expected["homes"].get(BOB), call


def about_the_second(outcome: dict[str, Any]) -> dict[str, int]:
    return {line: times for line, times in outcome["said"].items() if "#2 " in line}


def ends_after_a_restart(bot: Stumbling, case: Case, expected: dict[str, Any], call: str) -> None:
    """It is taken up once more, ends as it should have, and nobody is told a second time."""
    bot.restart()
    bot.settle(case.minutes)
    found = bot.outcome()
    assert (bot.stumble(), bot.leased(), bot.counted) == (None, [], [case.kind]), call
    assert (found["requests"], found["aws"]) == (expected["requests"], expected["aws"]), call
    assert expected["said"] - found["said"] == {}, call
    assert sum(bot.told().values()) <= len(case.told), call
