"""The life of a role session: handed over, warned, extended, ended, deleted, whatever Slack and AWS do meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from approvals.authority.directory import Stranger
from approvals.authority.may import oversees
from approvals.authority.press import Pressed
from approvals.authority.rules import Rule, Rules
from approvals.context import Handover
from approvals.dispatcher import due_jobs
from approvals.models import Message, Request, RoleSession
from approvals.outbox.sending import Outbox
from approvals.sessions.book import State
from approvals.sessions.reveal import LITTLE_LEFT, NOT_YOURS, OVER, OWN_ERROR, Press, Reveal
from approvals.sessions.upkeep import tend
from approvals.states import Status
from operations.core.closing import Console
from sandbox.aws.roles import default_trust, iam_of, make_role
from sandbox.aws.server import AwsSandbox
from sandbox.aws.sts import sessions
from sandbox.slack.driver import SlackSandbox
from tests.harness.changes import ANY_TIME, Change, begin
from tests.harness.clock import SlackTime
from tests.harness.mail import NearSlack
from tests.harness.people import ALICE, BOB, CAROL, DAVE, TEAM
from tests.harness.workers import Workers

WEB = "222222222222"
ROLE = "OrganizationAccountAccessRole"
POLICY = "AWSRevokeOlderSessions"


def opened(account: str) -> list[Any]:
    """The sessions that were opened for somebody; those that only looked at the role are nobody's."""
    return [session for session in sessions(account) if not session.session_name.startswith("look-")]


class Service:
    """Workers with an outbox and the sessions' jobs, all run by hand."""

    def __init__(self, workers: Workers, slack: SlackSandbox, aws: AwsSandbox) -> None:
        self.workers, self.slack, self.aws = workers, slack, aws
        self.client = NearSlack(slack)
        slack.workspace.clock = SlackTime(workers.clock)
        workers.context = replace(workers.context, console=Console(sign_in_url=aws.endpoint_url))
        self.renew()

    def renew(self) -> None:
        """The outbox of the process as it is now."""
        self.outbox = Outbox(self.workers.context, self.client, lambda: "B0ORGBOT", lambda _: {})

    def hands_over(self, **how: Any) -> None:
        self.workers.context = replace(self.workers.context, handover=Handover(**how))
        self.renew()

    def once(self) -> int:
        """What is due now, each job once; gives the number of jobs."""
        done = self.workers.work()
        lanes, sessions = self.workers.lanes(), self._due_sessions()
        for lane in lanes:
            self.outbox.send_lane(lane)
        for number in sessions:
            tend(self.workers.context, self.client, number)
        return done + len(lanes) + len(sessions)

    def until_idle(self) -> None:
        """What is due now, and what that makes due."""
        for _ in range(20):
            if not self.once():
                return

    def settle(self, seconds: float = 60) -> None:
        """Everything that becomes due in the next seconds."""
        end = self.workers.clock.now + timedelta(seconds=seconds)
        self.until_idle()
        while self.workers.clock.now < end:
            self.workers.jump(end)
            self.until_idle()

    def _due_sessions(self) -> list[int]:
        with self.workers.context.store.read() as session:
            return [int(key) for _, key in due_jobs(session, self.workers.clock(), ("session",))]

    def granted(self, by: str = ALICE, **params: Any) -> Request:
        """A request for credentials that was asked, approved and carried out."""
        request = self.workers.ask("credentials", by=by, account=WEB, **params)
        self.once()
        self.workers.click(request, "approve", BOB)
        self.settle()
        return self.workers.request(request.id)

    def row(self, request: Request) -> RoleSession:
        with self.workers.context.store.read() as session:
            return session.exec(select(RoleSession).where(RoleSession.request_id == request.id)).one()

    def dms(self, name: str = "alice") -> list[dict[str, Any]]:
        return self.slack.person(name).dms

    def secret_dms(self) -> list[dict[str, Any]]:
        return [message for message in self.dms() if "export AWS_SECRET_ACCESS_KEY" in str(message)]

    def offer(self, request: Request) -> str:
        """The message with the button, as it stands now."""
        row = self.row(request)
        return str([message for message in self.dms() if message["ts"] == row.ts])

    def thread(self) -> str:
        (card, *_) = self.slack.messages("aws-approvals")
        return "\n".join(message["text"] for message in self.slack.replies(card))

    def events(self) -> list[str]:
        return [record.event for record in self.workers.audit() if record.event.startswith("credentials.")]

    def press(self, request: Request, user: str = ALICE, team: str = TEAM) -> str:
        """A press of `Reveal`."""
        trigger = self.slack.workspace.triggers.mint(user)
        with self.workers.context.store.read() as session:
            offers = select(Message).where(Message.request_id == request.id, Message.kind == "credentials")
            offer = session.exec(offers).one()
        pressed = Pressed(request.id or 0, request.key, offer.channel, offer.ts)
        return Reveal(self.workers.context, self.client).show(Press(pressed, user, team, trigger))

    def form(self, name: str = "alice") -> str:
        return str(self.slack.person(name).view)


@pytest.fixture
def service(workers: Workers, slack: SlackSandbox, aws: AwsSandbox) -> Service:
    return Service(workers, slack, aws)


def test_the_requester_gets_them_once_and_the_audit_says_what(service: Service) -> None:
    request = service.granted()
    assert request.status == Status.SUCCEEDED
    assert len(service.secret_dms()) == 1
    (record,) = [record for record in service.workers.audit() if record.event == "credentials.issued"]
    row = service.row(request)
    assert (record.actor, record.request_id) == (ALICE, request.id)
    assert record.detail["access_key_id"] == row.access_key_id == opened(WEB)[-1].access_key_id
    assert record.detail["role"] == ROLE
    assert row.session_name == opened(WEB)[-1].session_name == f"alice@example.com-orgbot-{request.id}"


def test_the_message_goes_at_expiry(service: Service) -> None:
    request = service.granted()
    service.settle(40 * 60)
    assert len(service.secret_dms()) == 1
    service.settle(25 * 60)
    assert service.secret_dms() == []
    assert service.row(request).state == "expired"
    assert service.events() == ["credentials.issued", "credentials.expired"]


def test_the_message_goes_sooner_when_the_settings_say_so(service: Service) -> None:
    service.hands_over(delete_after=timedelta(minutes=5))
    request = service.granted()
    service.settle(6 * 60)
    assert service.secret_dms() == []
    assert service.row(request).state == "live"


def test_a_deletion_that_fails_is_tried_again_and_told(service: Service) -> None:
    service.granted()
    service.slack.faults.add("chat.delete", error="internal_error", times=4)
    service.settle(62 * 60)
    assert "could not be deleted" in service.thread()
    assert any("could not be deleted" in message["text"] for message in service.slack.messages("aws-approvals"))
    service.settle(20 * 60)
    assert service.secret_dms() == []
    assert service.thread().count("could not be deleted") == 1


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_a_deletion_whose_answer_is_lost_ends_all_the_same(service: Service, fault: Any) -> None:
    request = service.granted()
    service.slack.faults.add("chat.delete", fault)
    service.settle(65 * 60)
    assert service.secret_dms() == []
    assert service.row(request).due_at is None


def test_a_process_that_dies_during_the_deletion(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies with its lease in hand, after Slack has carried the deletion out."""
    request = service.granted()
    service.workers.clock.advance(hours=1)
    row = service.row(request)
    service.client.chat_delete(channel=row.channel, ts=row.ts)
    with service.workers.context.store.write() as session:
        session.get_one(RoleSession, row.id).lease_owner = "dead"
        session.get_one(RoleSession, row.id).lease_until = service.workers.clock.now + timedelta(seconds=150)
    service.workers.restart()
    service.renew()
    service.settle()
    assert service.row(request).delete_due_at is None


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_a_post_whose_answer_is_lost_hands_over_once(service: Service, fault: Any) -> None:
    """A message that arrived is found by its mark; one that did not is posted anew, with new credentials."""
    service.slack.faults.add(
        "chat.postMessage", fault, when=lambda params: "AWS_SECRET_ACCESS_KEY" in str(params.get("blocks"))
    )
    request = service.granted()
    service.settle()
    assert request.id
    assert len(service.secret_dms()) == 1
    row, lost = service.row(request), fault == "drop-before"
    assert row.access_key_id in str(service.secret_dms())
    assert service.events() == [*(["credentials.undelivered"] if lost else []), "credentials.issued"]
    assert ("an earlier try" in str(service.secret_dms())) == lost


@pytest.mark.parametrize("look_up", ["conversations.history", "conversations.open"])
def test_a_post_whose_look_up_goes_wrong_hands_over_once(service: Service, look_up: str) -> None:
    """As long as Slack does not tell whether the message stands there, no second session is opened."""

    before, secret = len(opened(WEB)), "AWS_SECRET_ACCESS_KEY"
    service.slack.faults.add("chat.postMessage", "drop-after", when=lambda params: secret in str(params.get("blocks")))
    request = service.workers.ask("credentials", account=WEB)
    service.once()
    service.workers.click(request, "approve", BOB)
    while not service.secret_dms():
        service.once()
    service.renew()
    service.slack.faults.add(look_up, status=429, retry_after=15, times=3)
    service.settle(120)
    assert len(service.secret_dms()) == len(opened(WEB)) - before == 1
    assert service.events() == ["credentials.issued"]
    service.workers.clock.advance(minutes=65)
    service.settle(0)
    assert service.secret_dms() == []


def test_slack_away_at_delivery_opens_nothing(service: Service) -> None:
    request = service.workers.ask("credentials", account=WEB)
    service.once()
    service.workers.click(request, "approve", BOB)
    service.workers.work()
    service.slack.faults.add("*", status=503, times=None)
    for _ in range(5):
        service.once()
        service.workers.clock.advance(seconds=15)
    assert opened(WEB) == []
    service.slack.faults.clear()
    service.settle()
    assert len(service.secret_dms()) == 1
    assert service.workers.request(request.id).status == Status.SUCCEEDED


def test_a_direct_message_that_cannot_be_sent_is_told_in_the_thread_and_sent_when_it_can_be(service: Service) -> None:
    service.slack.faults.add(
        "chat.postMessage",
        error="messages_tab_disabled",
        times=3,
        when=lambda params: "AWS_SECRET_ACCESS_KEY" in str(params),
    )
    request = service.granted()
    assert "can't be sent the credentials" in service.thread()
    assert "Messages tab" in service.thread()
    service.settle(180)
    assert service.workers.request(request.id).status == Status.SUCCEEDED
    assert len(service.secret_dms()) == 1


@pytest.mark.parametrize(
    ("error", "advice", "minutes"),
    [("invalid_blocks", "orgbot check", 0), ("messages_tab_disabled", "Messages tab", 3)],
)
def test_slack_that_refuses_the_message_for_good_or_too_long_fails_the_request(
    service: Service, monkeypatch: pytest.MonkeyPatch, error: str, advice: str, minutes: int
) -> None:
    monkeypatch.setattr("approvals.outbox.refusals.LONGEST", timedelta(minutes=2))
    service.slack.faults.add(
        "chat.postMessage", error=error, times=None, when=lambda params: "AWS_SECRET_ACCESS_KEY" in str(params)
    )
    request = service.granted()
    service.settle(60 * minutes)
    request = service.workers.request(request.id)
    assert request.status == Status.FAILED
    assert error in request.outcome
    assert advice in request.advice
    assert service.row(request).state == "lost"
    assert set(service.events()) == {"credentials.undelivered"}
    assert len(service.events()) <= 12, "each try opens a session in AWS"


@pytest.mark.parametrize("fault", ["throttle", "500", "drop-after", "bad-json"])
def test_an_answer_of_aws_that_is_lost_opens_a_new_session(service: Service, fault: Any) -> None:
    service.aws.faults.add("AssumeRole", fault)
    request = service.granted()
    assert request.status == Status.SUCCEEDED
    assert len(service.secret_dms()) == 1


def test_a_role_that_is_not_there_fails_with_the_way_out(service: Service) -> None:
    service.workers.rules = Rules([Rule("default", (BOB,), roles=("NotThere",))])
    request = service.granted(role="NotThere")
    assert request.status == Status.REFUSED
    assert "there is no role NotThere in fullback-staging-web" in request.outcome
    assert service.slack.messages("aws-approvals") == []


def test_a_rule_that_has_become_stricter_since_the_approval(service: Service) -> None:
    request = service.workers.approved("credentials", account=WEB, duration="1h")
    service.workers.rules = Rules([Rule("default", (BOB, CAROL), longest_session=timedelta(minutes=30))])
    service.settle()
    assert service.workers.request(request.id).status == Status.FAILED
    assert "30m at most" in service.workers.request(request.id).outcome
    assert opened(WEB) == []


def test_a_requester_who_has_left_gets_nothing(service: Service) -> None:
    service.workers.approved("credentials", account=WEB)
    service.workers.people.people[ALICE] = replace(service.workers.people.people[ALICE], deactivated=True)
    service.settle()
    assert opened(WEB) == []
    assert service.secret_dms() == []


def test_two_people_may_ask_for_the_same(service: Service) -> None:
    assert service.granted().status == Status.SUCCEEDED
    first = service.workers.ask("credentials", by=ALICE, account=WEB)
    second = service.workers.ask("credentials", by=DAVE, account=WEB)
    assert first.id != second.id


def test_the_rules_session_policy_goes_along(service: Service) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    service.workers.rules = Rules([Rule("default", (BOB,), session_policy=arn)])
    service.granted()
    assert arn in str([call.params for call in service.aws.calls.of("AssumeRole")][-1])


def test_the_warning_comes_ten_minutes_before_the_end(service: Service) -> None:
    service.granted()
    service.settle(48 * 60)
    assert "ends" not in service.dms()[-1]["text"]
    service.settle(3 * 60)
    warning = service.dms()[-1]
    assert "Your session" in warning["text"]
    assert [item["text"]["text"] for item in warning["blocks"][-1]["elements"]] == ["Extend", "End session"]
    service.settle(30 * 60)
    assert sum("Your session in" in message["text"] for message in service.dms()) == 1


def statements(role: str = ROLE) -> list[dict[str, Any]]:
    found = next(found for found in iam_of(WEB).roles.values() if found.name == role)
    policy = found.policies.get(POLICY)
    return list(json.loads(policy)["Statement"]) if policy else []


@pytest.mark.parametrize("by", [ALICE, CAROL])
def test_end_session_now_denies_that_session_and_says_what_goes_on(service: Service, by: str) -> None:
    request = service.granted()
    row = service.row(request)
    service.workers.click(request, "end", by)
    service.settle()
    (denial,) = statements()
    assert denial["Effect"] == "Deny"
    assert denial["Condition"]["StringLike"] == {"aws:userid": f"{row.role_id}:{row.session_name}"}
    assert "aws:TokenIssueTime" in denial["Condition"]["DateLessThan"]
    assert service.row(request).state == "ended"
    assert service.secret_dms() == []
    assert "Resources it started keep running." in service.thread()
    assert service.events() == ["credentials.issued", "credentials.end", "credentials.ended"]


BY_HAND: dict[str, dict[str, Any]] = {
    "another role": {"role": "Other", "state": "ending"},
    "another account": {"account": "333333333333", "state": "ending"},
    "sessions of everybody": {"role_id": "*", "state": "ending"},
    "an end that nobody asked for": {"state": "ending"},
}


@pytest.mark.parametrize("values", BY_HAND.values(), ids=BY_HAND)
def test_aws_is_told_of_no_end_that_was_written_into_the_database(service: Service, values: dict[str, Any]) -> None:
    request = service.granted()
    with service.workers.context.store.write() as session:
        session.execute(update(RoleSession).values(**values, ended_by=ALICE, due_at=service.workers.clock()))
    service.settle()
    assert service.aws.calls.of("PutRolePolicy") == []
    assert service.row(request).state == "live"
    assert sum("was not ended: that somebody asked" in said for said in service.workers.said("notice")) == 1


def test_what_others_wrote_into_the_policy_stays(service: Service) -> None:
    other = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": other})
    request = service.granted()
    iam_of(WEB).put_role_policy(ROLE, POLICY, document)
    service.workers.click(request, "end", ALICE)
    service.settle()
    assert statements()[0] == other
    assert len(statements()) == 2


def test_nobody_else_ends_a_session(service: Service) -> None:
    request = service.granted()
    service.workers.click(request, "end", DAVE)
    service.settle()
    assert service.row(request).state == "live"
    assert statements() == []
    assert "can do this" in service.workers.said("private")[-1]


def test_whoever_decides_today_ends_a_session_whose_rule_is_gone(service: Service) -> None:
    request = service.granted()
    service.workers.rules = Rules([Rule("other", (CAROL,))])
    for by in (BOB, CAROL):
        service.workers.click(request, "end", by)
    service.settle()
    assert service.row(request).state == State.ENDED
    assert service.row(request).ended_by == CAROL


def test_a_session_ends_once(service: Service) -> None:
    request = service.granted()
    for _ in range(2):
        service.workers.click(request, "end", ALICE)
    service.settle()
    assert service.thread().count("Session in fullback-staging-web ended.") == 1
    assert "no session to end" in service.workers.said("private")[-1]


def test_aws_away_while_a_session_is_ended(service: Service) -> None:
    request = service.granted()
    service.aws.faults.add("PutRolePolicy", "500", times=2)
    service.workers.click(request, "end", ALICE)
    service.settle(90)
    assert service.row(request).state == "ended"
    assert len(statements()) == 1


def test_aws_that_refuses_the_end_leaves_the_session_and_says_so(service: Service) -> None:
    request = service.granted()
    service.aws.faults.add("PutRolePolicy", "error", code="LimitExceeded", times=None)
    service.workers.click(request, "end", ALICE)
    service.settle()
    assert service.row(request).state == "live"
    assert "could not be ended" in service.thread()


def test_a_custom_roles_session_is_ended_by_the_default_role(service: Service) -> None:
    make_role(WEB, "Support", default_trust())
    service.workers.rules = Rules([Rule("default", (BOB,), roles=("Support",))])
    request = service.granted(role="Support")
    service.workers.click(request, "end", ALICE)
    service.settle()
    assert len(statements("Support")) == 1
    assert statements(ROLE) == []


def test_reveal_shows_them_to_the_requester_and_posts_nothing_secret(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    assert request.status == Status.WAITING
    assert opened(WEB) == []
    assert "Ready: press *Reveal*" in str(service.dms())
    assert "has the credentials" not in f"{service.thread()} {service.dms()}"
    assert service.press(request) == ""
    service.settle()
    assert service.workers.request(request.id).status == Status.SUCCEEDED
    assert "has the credentials" in service.thread()
    assert "export AWS_SECRET_ACCESS_KEY" in service.form()
    everything = str(service.slack.seen(lambda _: True))
    assert opened(WEB)[-1].secret_access_key not in everything
    assert opened(WEB)[-1].session_token not in everything
    assert service.events() == ["credentials.issued"]


@pytest.mark.parametrize(
    ("user", "team", "told"), [(BOB, TEAM, NOT_YOURS), (DAVE, TEAM, NOT_YOURS), (ALICE, "T0OTHER", Stranger.FOREIGN)]
)
def test_reveal_for_somebody_else_opens_nothing(service: Service, user: str, team: str, told: str) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    assert service.press(request, user, team) == told
    assert opened(WEB) == []
    assert service.slack.person("bob").view is None
    assert "click.reveal.refused" in [record.event for record in service.workers.audit()]


@pytest.mark.parametrize("change", ANY_TIME.values(), ids=ANY_TIME)
def test_reveal_opens_nothing_under_an_answer_that_no_longer_holds(
    service: Service, aws: AwsSandbox, change: Change
) -> None:
    begin(service.workers)
    service.hands_over(mode="reveal")
    request = service.granted()
    change(service.workers, aws)
    aws.calls.clear()
    service.press(request)
    assert aws.calls.of("AssumeRole") == []
    assert "export AWS_SECRET_ACCESS_KEY" not in service.form()


def test_each_reveal_opens_a_new_session_for_the_time_that_is_left(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.workers.clock.advance(hours=2)  # The clock starts at the first press.
    service.press(request)
    ends = service.row(request).expires_at
    service.workers.clock.now = (ends or service.workers.clock.now) - timedelta(minutes=30)
    service.press(request)
    asked = [call.params for call in service.aws.calls.of("AssumeRole") if call.outcome == "ok"]
    assert [one["DurationSeconds"] for one in asked if "look-" not in one["RoleSessionName"]] == ["3600", "1800"]
    assert service.row(request).expires_at == ends
    service.workers.clock.advance(minutes=20)
    service.press(request)
    assert LITTLE_LEFT in service.form()
    assert service.events() == ["credentials.issued"] * 2


def test_a_button_that_nobody_presses_goes_after_half_a_day(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.workers.clock.advance(hours=12)
    service.settle(600)
    assert service.row(request).state == "expired"
    assert "Not revealed; expired." in str(service.dms())
    assert "'reveal'" not in str(service.dms())
    ended = service.workers.request(request.id)
    assert (ended.status, "The credentials were not revealed" in ended.outcome) == (Status.FAILED, True)
    assert service.press(request) == OVER


def test_the_message_with_reveal_says_what_has_and_has_not_happened(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    assert "Ready: press *Reveal*" in service.offer(request)
    service.press(request)
    service.settle(1)
    assert "Shown <!date^" in service.offer(request)
    assert "Reveal again" in service.offer(request)
    service.settle(70 * 60)
    assert "expired." in service.offer(request)
    assert "End session" not in service.offer(request)


def test_the_message_with_reveal_says_who_ended_the_session(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.press(request)
    service.settle(1)
    service.workers.click(request, "end", CAROL)
    service.settle()
    assert f"; ended by <@{CAROL}>." in service.offer(request)
    assert "Reveal again" not in service.offer(request)


def test_slack_away_while_the_message_with_reveal_is_rewritten(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.slack.faults.add("chat.update", status=503, times=4)
    service.press(request)
    service.settle(10 * 60)
    assert "Shown <!date^" in service.offer(request)
    assert "could not be deleted" not in service.thread(), "there is nothing secret in it"


def test_an_offer_that_was_ended_opens_nothing(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.workers.click(request, "end", BOB)
    service.settle()
    assert service.press(request) == OVER
    assert service.aws.calls.of("PutRolePolicy") == []
    assert "never revealed" in service.thread()
    service.settle(600)
    assert service.workers.request(request.id).status == Status.FAILED


def test_a_form_that_was_closed_reaches_nobody(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.slack.faults.add("views.update", error="not_found")
    service.press(request)
    assert service.events() == ["credentials.undelivered"]
    assert (service.row(request).expires_at, "has the credentials" in service.thread()) == (None, False)
    service.press(request)
    assert "export AWS_SECRET_ACCESS_KEY" in service.form()


def test_a_form_whose_answer_is_lost_may_have_been_seen(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.slack.faults.add("views.update", "drop-after")
    service.press(request)
    assert "AWS_SECRET_ACCESS_KEY" in service.form()
    assert service.events() == ["credentials.issued"]


def test_a_refusal_of_aws_is_told_in_the_form(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.aws.faults.add("AssumeRole", "error", code="AccessDenied", times=None)
    service.press(request)
    assert "does not exist there" in service.form()
    service.settle()
    ended = service.workers.request(request.id)
    assert (ended.status, "does not exist there" in ended.outcome) == (Status.FAILED, True)
    assert "has the credentials" not in service.thread()
    assert service.press(request) == OVER


def test_a_refusal_after_the_credentials_were_seen_changes_nothing_about_them(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.press(request)
    service.settle()
    service.aws.faults.add("AssumeRole", "error", code="AccessDenied", times=None)
    service.press(request)
    assert "does not exist there" in service.form()
    assert (service.row(request).state, service.workers.request(request.id).status) == ("live", Status.SUCCEEDED)


def test_approvers_oversee_and_others_do_not(service: Service) -> None:
    assert [oversees(service.workers.context, user) for user in (BOB, DAVE, "U0NOBODY")] == [True, False, False]


def test_second_approvers_oversee_as_well(service: Service) -> None:
    service.workers.rules = Rules([Rule("two", (BOB,), approvals=2, second_approvers=(DAVE,))])
    assert oversees(service.workers.context, DAVE)


def written(service: Service, model: type[Message] | type[RoleSession], **values: Any) -> None:
    """By hand, into the rows of the outbox that hand credentials over, or of the book."""
    where = col(Message.kind) == "credentials" if model is Message else col(RoleSession.id) > 0
    with service.workers.context.store.write() as session:
        session.execute(update(model).where(where).values(**values))


def test_whoever_else_is_written_into_the_outbox_gets_nothing(service: Service) -> None:
    request = service.workers.ask("credentials", by=ALICE, account=WEB)
    service.once()
    service.workers.click(request, "approve", BOB)
    service.workers.work()
    written(service, Message, user=DAVE)
    service.settle()
    assert (len(service.secret_dms()), len(service.dms("dave"))) == (1, 0)


def test_what_was_handed_over_is_not_handed_over_again_by_a_row(service: Service) -> None:
    request = service.granted()
    written(service, Message, status="queued", due_at=service.workers.clock(), started_at=None)
    service.settle()
    assert (len(service.secret_dms()), len(opened(WEB))) == (1, 1)
    assert service.workers.request(request.id).status == Status.SUCCEEDED


def test_the_time_of_a_session_is_not_made_longer_by_a_row(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.press(request)
    service.workers.clock.advance(minutes=50)
    written(service, RoleSession, expires_at=service.workers.clock() + timedelta(days=1))
    service.press(request)
    assert LITTLE_LEFT in service.form()
    assert len(opened(WEB)) == 1


def test_a_session_that_was_ended_is_not_opened_again_by_a_row(service: Service) -> None:
    service.hands_over(mode="reveal")
    request = service.granted()
    service.press(request)
    service.settle()
    service.workers.click(request, "end", BOB)
    service.settle()
    later = service.workers.clock() + timedelta(hours=1)
    written(service, RoleSession, state=State.LIVE, expires_at=later, delete_due_at=None, due_at=None)
    before = len(opened(WEB))
    service.press(request)
    assert OVER in service.form()
    assert len(opened(WEB)) == before


@pytest.mark.parametrize("where", ["wanted_by", "console_link"])
def test_a_form_of_reveal_that_runs_into_an_error_of_the_bots_own_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError(where)

    service.hands_over(mode="reveal")
    request = service.granted()
    monkeypatch.setattr(f"approvals.sessions.reveal.{where}", broken)
    with pytest.raises(KeyError):
        service.press(request)
    assert OWN_ERROR in service.form()
