"""`/org …` from Slack's delivery to the private answer, the form, or the filed request."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from approvals.authority.rules import Rule, Rules
from operations.snapshot.changes import UnitIs
from tests.harness.handling import ALICE, BOB, COMMAND_URL, GENERAL, OTHER_TEAM, TEAM, Handling

WHOLE = 'create-account --name fullback-new --email new@example.com --ou /Workloads/Staging --tag owner=web --reason "we need it"'


def test_a_complete_command_is_filed_and_confirmed(handling: Handling) -> None:
    answer = handling.types(WHOLE)
    (request,) = handling.requests()
    assert answer == (
        ":white_check_mark: *#1 Create account fullback-new in /Workloads/Staging* received. "
        "I'll DM you when it's decided."
    )
    assert request.operation == "create-account"
    assert request.params == {
        "account_name": "fullback-new",
        "email": "new@example.com",
        "ou": "ou-1-stag",
        "billing": "ALLOW",
        "role_name": "OrganizationAccountAccessRole",
        "tags": {"owner": "web"},
    }
    assert (request.requester, request.team, request.channel) == (ALICE, TEAM, GENERAL)
    assert (request.reason, request.rule, request.subject) == ("we need it", "default", "email:new@example.com")
    assert not handling.waiting


def test_a_name_that_is_easily_taken_for_another_is_pointed_out(handling: Handling) -> None:
    answer = handling.types('create-ou --name "STAGING" --parent /Workloads')
    assert ":warning: The name “STAGING” looks almost like /Workloads/Staging (ou-1-stag)." in answer
    assert len(handling.requests()) == 1


def test_a_redelivered_command_has_no_second_effect_and_the_same_answer(handling: Handling) -> None:
    first = handling.types(WHOLE, trigger="t-1")
    assert handling.types(WHOLE, trigger="t-1") == first
    assert len(handling.requests()) == 1


def test_the_same_wish_again_is_pointed_to_the_request_that_is_under_way(handling: Handling) -> None:
    handling.types(WHOLE)
    answer = handling.types(WHOLE, user=BOB)
    assert "equest #1 already uses this address" in answer
    offered = [(button["action_id"], button["value"]) for button in handling.blocks[-1]["elements"]]
    assert ("details", handling.button()) in offered
    assert len(handling.requests()) == 1


@pytest.mark.parametrize("given", ["", '--reason ""', '--reason "   "', '--reason=""'])
def test_without_a_reason_it_is_filed_all_the_same_and_a_blank_one_is_none(handling: Handling, given: str) -> None:
    move = "move-account --account fullback-staging --to /Workloads/Production"
    assert "received" in handling.types(f"{move} {given}")
    assert [request.reason for request in handling.requests()] == [""]


def test_what_is_missing_opens_the_form_prefilled_with_what_was_given(handling: Handling) -> None:
    assert handling.types("create-account --name web --ou /workloads/staging", trigger="t-1") == ""
    assert not handling.slack.calls, "Slack is called by the workers, after the answer"
    view = handling.form()
    assert [call.method for call in handling.slack.calls] == ["views.open"]
    assert handling.slack.calls[0].params["trigger_id"] == "t-1"
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    assert elements["account_name"]["initial_value"] == "web"
    assert elements["ou"]["initial_option"]["value"] == "ou-1-stag"
    assert json.loads(view["private_metadata"]) == {"channel": GENERAL, "reply_to": COMMAND_URL}


@pytest.mark.parametrize("text", ["create-account", f"{WHOLE} --form"])
def test_the_form_can_be_asked_for(handling: Handling, text: str) -> None:
    assert handling.types(text) == ""
    assert handling.form()["callback_id"] == "request:create-account"
    assert not handling.requests()


def test_a_trigger_that_has_run_out_is_told(handling: Handling) -> None:
    handling.slack.refuse["views.open"] = "expired_trigger_id"
    handling.types("create-account")
    assert "Try again" in handling.told()[0]
    assert handling.slack.made("chat.postEphemeral")[0]["user"] == ALICE


def test_where_the_bot_cannot_write_it_tells_by_direct_message(handling: Handling) -> None:
    handling.slack.refuse = {"views.open": "expired_trigger_id", "chat.postEphemeral": "channel_not_found"}
    handling.types("create-account")
    handling.work()
    assert handling.slack.made("chat.postMessage")[0]["channel"] == "D0ALICE"


def test_a_redelivery_after_the_form_is_open_is_quiet(handling: Handling) -> None:
    handling.slack.refuse["views.open"] = "exchanged_trigger_id"
    handling.types("create-account")
    assert handling.told() == []


def test_a_wrong_value_is_named_and_the_form_offered(handling: Handling) -> None:
    answer = handling.types("create-account --name web --email nobody --billing maybe")
    assert "*E-mail* (`--email`): “nobody” is not an e-mail address" in answer
    assert "*IAM access to billing* (`--billing`)" in answer
    (button,) = handling.blocks[-1]["elements"]
    handling.presses(button["action_id"], button["value"], user=ALICE, channel=GENERAL)
    elements = {block.get("block_id"): block.get("element") for block in handling.form()["blocks"]}
    assert elements["account_name"]["initial_value"] == "web"
    assert "initial_value" not in elements["email"]


def test_a_misread_command_offers_the_form_with_what_was_understood(handling: Handling) -> None:
    assert "Did you mean `--email`?" in handling.types("create-account --name web --mail a@b.example")
    assert json.loads(handling.blocks[-1]["elements"][0]["value"])["values"] == {"account_name": "web"}


@pytest.mark.parametrize(
    ("typed", "label", "action"),
    [("creat-account", "Open the form", "form:create-account"), ("acounts", "accounts", "look:ask")],
)
def test_a_misspelt_word_offers_what_was_meant(handling: Handling, typed: str, label: str, action: str) -> None:
    assert "Did you mean" in handling.types(typed)
    (button,) = handling.blocks[-1]["elements"]
    assert (button["text"]["text"], button["action_id"]) == (label, action)


def test_too_much_for_a_button_leaves_it_out(handling: Handling) -> None:
    handling.types(f"create-account --name web --email {'x' * 3000}")
    assert [block["type"] for block in handling.blocks] == ["section"]


UNKNOWN = WHOLE.replace("Staging", "Stging")


def replied(handling: Handling) -> str:
    handling.work()
    return str(handling.replies[-1][1]["text"])


def test_a_name_that_nobody_knows_is_refused_after_aws_was_asked(handling: Handling) -> None:
    assert handling.types(UNKNOWN) == ""
    answer = replied(handling)
    assert (
        "No OU named “/Workloads/Stging”. Did you mean /Workloads, /Workloads/Staging or /Workloads/Production?"
        in answer
    )
    assert handling.looked_up == ["/Workloads/Stging"]
    assert handling.refreshed


def test_where_nothing_is_alike_it_may_be_too_new(handling: Handling) -> None:
    handling.types("move-account --account xyzzy --to /Workloads")
    assert replied(handling).endswith(
        "Give its id, name or e-mail. If it was made a moment ago, try again in a minute."
    )


@pytest.mark.parametrize(
    ("text", "label", "block", "value"),
    [
        ("move-account --account fullback-stag --to /Workloads", "fullback-staging", "account", "222222222222"),
        (UNKNOWN, "/Workloads/Staging", "ou", "ou-1-stag"),
        ("creds fullback-stag", "fullback-staging", "account", "222222222222"),
    ],
)
def test_a_near_match_is_a_button_that_opens_the_form_with_it(
    handling: Handling, text: str, label: str, block: str, value: str
) -> None:
    handling.types(text)
    handling.work()
    blocks = handling.replies[-1][1]["blocks"]
    meant = next(button for button in blocks[-1]["elements"] if button["text"]["text"] == label)
    handling.presses(meant["action_id"], meant["value"], user=ALICE, channel=GENERAL)
    elements = {block.get("block_id"): block.get("element") for block in handling.form()["blocks"]}
    assert elements[block]["initial_option"]["value"] == value


def test_of_several_accounts_the_wrong_one_alone_is_corrected(handling: Handling) -> None:
    handling.types("grant-access --principal group/ops --account fullback-old,fullback-stag --reason why")
    handling.work()
    meant = handling.replies[-1][1]["blocks"][-1]["elements"][0]
    assert json.loads(meant["value"])["values"]["account"] == ["fullback-old", "222222222222"]


def test_a_name_that_two_accounts_have_is_a_button_for_each(handling: Handling) -> None:
    assert handling.organization
    twin = replace(handling.organization.accounts[1], id="555555555555")
    handling.organization = replace(handling.organization, accounts=(*handling.organization.accounts, twin))
    assert "names 2 accounts" in handling.types("creds fullback-staging")
    labels = [button["text"]["text"] for button in handling.blocks[-1]["elements"]]
    assert labels == [
        "222222222222 (/Workloads/Staging)",
        "555555555555 (/Workloads/Staging)",
        "Open the form",
    ]


def test_a_name_that_only_aws_knows_yet_is_taken(handling: Handling) -> None:
    handling.new["/Workloads/Stging"] = (UnitIs(id="ou-1-stgi", name="Stging", parent="ou-1-work"),)
    assert handling.types(UNKNOWN) == ""
    assert "received" in replied(handling)
    assert [request.params["ou"] for request in handling.requests()] == ["ou-1-stgi"]


def test_what_is_known_to_be_wrong_is_told_at_once_and_without_the_organizations_age(handling: Handling) -> None:
    answer = handling.types("close-account --account fullback-staging --confirm other")
    assert "is not the name of the account" in answer
    assert "moment" not in answer
    assert "read" not in answer
    assert handling.looked_up == []


def test_before_the_first_picture(handling: Handling) -> None:
    handling.organization = None
    assert "has not been read" in handling.types(WHOLE)
    assert handling.refreshed == 1
    assert not handling.requests()


def test_without_a_rule_nobody_may_do_it(handling: Handling) -> None:
    handling.rules = Rules([Rule("moves", (BOB,), operations=("move-account",), under="/Workloads")])
    answer = handling.types(WHOLE)
    assert "o rule allows create-account in /Workloads/Staging" in answer
    assert not handling.requests()


def test_a_reason_that_is_too_long(handling: Handling) -> None:
    assert "501 characters; 500 is the most" in handling.types(WHOLE.replace("we need it", "x" * 501))


@pytest.mark.parametrize("text", [WHOLE, "help", "requests", "request 1", "create-account"])
def test_people_of_other_workspaces_get_nothing(handling: Handling, text: str) -> None:
    assert "other workspaces" in handling.types(text, team=OTHER_TEAM)
    assert not handling.requests()
    assert not handling.waiting


def test_nothing_that_people_type_becomes_a_mention(handling: Handling) -> None:
    for text in (
        "<!channel>",
        "create-account &lt;!channel&gt;",
        f"{WHOLE} --ou2 &lt;@U0BOB&gt;",
        "request &lt;!here&gt;",
    ):
        handling.types(text)
        shown = json.dumps(handling.blocks)
        assert not any(sign in shown for sign in ("<!", "<@"))


def test_when_the_database_is_away_the_person_is_told_and_the_log_keeps_the_secret(
    handling: Handling, caplog: pytest.LogCaptureFixture
) -> None:
    handling.lose_database()
    assert "shows whether your request was received" in handling.types(WHOLE)
    assert "RuntimeError" in caplog.text
    assert "new@example.com" not in caplog.text


def test_who_asks_for_too_much_is_told_when_to_ask_again(handling: Handling) -> None:
    handling.limit(per_hour=1)
    handling.types(WHOLE)
    told = handling.types("move-account --account fullback-old --to /Workloads")
    assert "You have filed 1 request within an hour, which is the most. You may ask again in 60 minutes." in told
    assert len(handling.requests()) == 1


def test_whether_a_rule_is_for_this_requester_is_asked_later(handling: Handling) -> None:
    """Slack would have to be asked who somebody is, and there is no time for that before the answer."""
    handling.rules = Rules([Rule("bob's", (BOB,), requesters=("S0OTHERS",)), Rule("rest", (BOB,), under="/Nowhere")])
    assert "received" in handling.types(WHOLE)
    (request,) = handling.requests()
    assert request.rule == "bob's"
