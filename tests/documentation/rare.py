"""What people rarely read: each answer of AWS that ends a request, and what is said when something of Slack's, of AWS's or of the
bot's own is in the way. Too many for a play of their own each, so that each is shown by what the bot shows it with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from approvals.authority.able import Shortfall
from approvals.authority.directory import Stranger
from approvals.authority.press import NOT_YET, ON_THE_CARD_NOW, OUTDATED, STRANGE, UNDATED
from approvals.authority.rules import Rule
from approvals.models import Interaction, Request, RoleSession
from approvals.sessions import reveal
from approvals.slack.codes import ANSWERS, MENDABLE, meaning
from approvals.states import Status
from approvals.views import hindered, living, on_hold, reminders, sessions, set_aside, thread
from approvals.views.card import plain_card
from operations.aws.codes import CODES
from operations.aws.reasons import REASONS
from operations.aws.sorting import Meaning, Next
from operations.core.explanations import refusal
from operations.core.observations import Failed
from operations.tree.delete_ou import DeleteUnit
from tests.documentation import reading
from tests.documentation.playing import Play
from tests.harness.people import BOB
from tests.harness.rules import required

AT = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
MOVE = {"account": "222222222222", "to": "ou-exam-00000001"}
SAYS = "(what AWS says)"


def request(**values: Any) -> Request:
    """Alice's request to move an account, as far as a message needs it."""
    known = {
        "operation": "move-account",
        "params": MOVE,
        "requester": "U0ALICE",
        "key": "0" * 32,
        "rule": "default",
        "decided_by": BOB,
    }
    link = "https://slack.example/1"
    title = {"title": "Move fullback-staging-web (222222222222) to /Workloads/Production", "facts": [], "plan": []}
    whole = {**known, "id": 1, "preview": title, "card_channel": "C0APPROVALS", "card_link": link, "decided_at": AT}
    return Request(**{**whole, "status": Status.RUNNING, **values})


def aws_refuses(play: Play) -> None:
    """Each end once, whatever AWS calls it; the beginning, that something was not done, is the operation's own."""
    named: dict[Meaning, list[str]] = defaultdict(list)
    for name, found in sorted((REASONS | CODES).items()):
        if found.say:
            named[found].append(name)
    for found, names in named.items():
        play.slack.shows(f"AWS answers {', '.join(names)}", list(_end(found, names[0])))


def _end(found: Meaning, name: str) -> Iterator[str]:
    if found.next is Next.WAIT:
        yield f":hourglass_flowing_sand: {found.say} It is tried again until 2030-01-08 10:00 UTC; nothing has to be approved again."
    failed = refusal(name, name, SAYS)
    memory = {
        **({thread.MENDABLE: True} if failed.again else {}),
        thread.OPENS: [one.model_dump() for one in failed.opens],
    }
    ended = request(status=Status.FAILED, outcome=failed.say, advice=failed.advice, memory=memory)
    yield from reading.message(thread.ended_badly(ended))


def in_the_way(play: Play) -> None:
    """What is told, to whom."""
    for where, body in _told():
        play.slack.shows(where, reading.message(body))


def slack_refuses(play: Play) -> None:
    """What is to be mended, by each of Slack's words that somebody can mend something about."""
    named: dict[str, list[str]] = defaultdict(list)
    for code in sorted(code for code, answer in ANSWERS.items() if answer in MENDABLE):
        named[meaning(code).removesuffix(f" ({code})")].append(code)
    for said, codes in named.items():
        play.slack.shows(f"Slack answers {', '.join(codes)}", [f"… {said}."])


DIRECT, THREAD, CARD, PRIVATE, CHANNEL = (
    "Direct message to Alice",
    "#aws-approvals, in the thread",
    "#aws-approvals",
    "Only Alice sees",
    "#aws-approvals, and in the thread",
)


def _told() -> Iterator[tuple[str, dict[str, Any]]]:
    why, failed = (
        meaning("restricted_action"),
        Failed("The bot's own AWS permissions do not allow this.", "Ask whoever runs it."),
    )
    waits, link = request(status=Status.PENDING, expires_at=AT), request().link
    yield DIRECT, hindered.no_card(waits, why)
    yield from (("Direct message to Bob", body) for body in hindered.decide_here(waits, plain_card(waits, [])))
    yield CARD, plain_card(waits, [])
    yield CARD, hindered.moved(waits)
    yield DIRECT, thread.body(hindered.no_card_in_time(why))
    yield THREAD, hindered.no_direct_message(waits, why)
    yield THREAD, hindered.no_credentials_yet(waits, why)
    yield "Only Bob sees", thread.private(1, hindered.press_waits(hindered.unknown(why)))
    yield DIRECT, hindered.decision_waits(waits, hindered.unknown(why))
    yield DIRECT, hindered.not_asked_yet(waits, why)
    for sent in (False, True):
        yield THREAD, on_hold.waits(request(), failed, sent=sent)
    for held in ("held", on_hold.OWN_ERROR, on_hold.UNSEEN):
        of_it = request(memory={on_hold.ON_HOLD: held})
        yield THREAD, on_hold.goes_on(of_it)
        given_up = on_hold.given_up(of_it, sent=True)
        yield THREAD, thread.ended_badly(request(status=Status.FAILED, outcome=given_up.say, advice=given_up.advice))
    unseen = on_hold.unseen(DeleteUnit("ou-1", "Sandbox", "/Sandbox"), timedelta(minutes=12))
    yield THREAD, on_hold.waits(request(), unseen, sent=True)
    yield from _of_its_own(waits)
    yield from _about_sessions()
    yield from _while_it_waits(waits)
    for sentence in (STRANGE, NOT_YET, ON_THE_CARD_NOW, OUTDATED, UNDATED):
        yield PRIVATE, thread.private(1, sentence.format(link=link))
    for stranger in Stranger:
        yield "Only they see", thread.body(stranger.value)


def _of_its_own(waits: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    """An error of the bot's own."""
    yield DIRECT, set_aside.not_announced(waits)
    yield DIRECT, set_aside.no_card(waits)
    yield CHANNEL, set_aside.not_expired(waits)
    yield CHANNEL, set_aside.not_reminded(waits)
    yield CHANNEL, set_aside.not_told(waits)
    yield THREAD, set_aside.not_followed(request())
    failed = [set_aside.not_begun(request())]
    failed += [set_aside.not_handed_over(request(), maybe=maybe) for maybe in (False, True)]
    for one in failed:
        ended = request(status=Status.FAILED, outcome=one.say, advice=one.advice, memory={thread.MENDABLE: one.again})
        yield DIRECT, living.living(ended)
    click = Interaction(delivery="x", kind="approve", user=BOB, team="T0", request_id=1, id=7, received_at=AT)
    yield "Only Bob sees", set_aside.not_carried_out(click)
    yield "Home tab of Alice", {"text": "", "blocks": set_aside.home_not_shown()["blocks"]}
    for outcome in (set_aside.NOBODY_ASKED, set_aside.NOT_ASKED_IN_TIME):
        yield DIRECT, thread.body(outcome)


def session(**values: Any) -> RoleSession:
    """Alice's session in an account."""
    known = {"request_id": 1, "key": "0" * 32, "user": "U0ALICE", "account": "222222222222", "role": "Deployer"}
    times = {"duration": 3600, "session_name": "alice", "expires_at": AT, "access_key_id": "ASIAEXAMPLE01"}
    return RoleSession(**{**known, **times, "state": "live", **values})


def _about_sessions() -> Iterator[tuple[str, dict[str, Any]]]:
    name = "fullback-staging-web"
    yield THREAD, sessions.ended(session(ended_by=BOB), name)
    yield THREAD, sessions.ended(session(ended_by="U0ALICE", access_key_id=""), name)
    yield THREAD, sessions.not_ended(session(), name, "AWS does not accept the call.", "End it in the IAM console.")
    for state in ("live", "expired"):
        yield THREAD, sessions.not_deleted(session(state=state), "cant_delete_message")
    for state in ("offered", "ending"):
        yield PRIVATE, thread.body(sessions.listed(session(state=state), name))
    yield (
        THREAD,
        set_aside.not_tended(session(), "AWS has not been told that this session has ended", "Keep them safe."),
    )
    for sentence in (
        reveal.AWAY,
        reveal.AWAY_NOW,
        reveal.READ_AGAIN,
        reveal.NOT_YOURS,
        reveal.TOO_SLOW,
        reveal.LITTLE_LEFT,
    ):
        yield PRIVATE, thread.body(f":x: {sentence}")
    yield PRIVATE, {"text": "", "blocks": sessions.not_shown(reveal.OVER, *reveal.over())["blocks"]}


def _while_it_waits(waits: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "Direct message to Carol", reminders.absent(waits, "C0APPROVALS")
    yield THREAD, reminders.warning("", 1)
    yield THREAD, reminders.escalation(request(status=Status.PENDING, announced_at=AT), "", AT + timedelta(hours=8))
    yield THREAD, thread.withdrawn(waits, BOB)
    yield THREAD, thread.reviewed(request(reviewed_by=BOB))
    yield THREAD, thread.glass_broken(request(reason="Production is down"), required(Rule("default", (BOB,))))
    ruled = request(status=Status.PENDING, rules=[{"name": "production"}], approvals_needed=2)
    for others, more in ((True, False), (False, True), (False, False)):
        yield THREAD, thread.other_rules(thread.now_decides(ruled, others=others, more=more), lapsed=1)
    for short in (
        Shortfall("production", gone=True),
        Shortfall("production", needed=2, able=1),
        Shortfall("production", needed=2, able=2, second=True),
        Shortfall("production", needed=1),
        Shortfall("", why="No rule allows move-account here."),
    ):
        lacking = request(status=Status.PENDING, memory={on_hold.SHORT: [vars(short)]})
        yield DIRECT, thread.body(on_hold.unreachable(lacking))
        yield CARD, thread.body(on_hold.unreachable_on_card(lacking))
