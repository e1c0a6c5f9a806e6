"""Who may decide a request now, and how they are called."""

from __future__ import annotations

from approvals.authority.rules import Rule
from approvals.slack.blocks import MOST_MENTIONED, mentions
from approvals.states import Status
from tests.approvals.views.test_card import NOW, longest
from tests.harness.rules import required

RULE = Rule("r", ("UA", "UB"), second_approvers=("UB", "S0SECOND"), escalate_to=("UC", "UA"))


def test_before_the_escalation_both_groups_may() -> None:
    request = longest(Status.PENDING)
    now = required(RULE).now(request)
    assert now.rules == (RULE,)
    assert now.deciders() == ("UA", "UB", "S0SECOND")


def test_after_it_those_who_were_called_count_in_each_group() -> None:
    request = longest(Status.PENDING)
    request.escalated_at = NOW
    now = required(RULE).now(request)
    assert now.rules[0].second_approvers == ("UB", "S0SECOND", "UC", "UA")
    assert now.deciders() == ("UA", "UB", "UC", "S0SECOND")


def test_a_rule_with_one_group_stays_one_with_one_group() -> None:
    request = longest(Status.PENDING)
    request.escalated_at = NOW
    assert required(Rule("r", ("UA",), escalate_to=("UC",))).now(request).rules[0].second_approvers == ()


def test_people_and_groups_are_mentioned_and_addresses_are_written() -> None:
    assert (
        mentions(["UA", "S0SECOND", "a&b@example.com", "UB"], {"UB"})
        == "<@UA>, <!subteam^S0SECOND>, a&amp;b@example.com"
    )
    assert mentions(["UB"], {"UB"}) == ""


def test_at_most_so_many_are_mentioned() -> None:
    many = [f"U{number}" for number in range(MOST_MENTIONED + 3)]
    assert mentions(many).endswith("<@U19> and 3 more")
