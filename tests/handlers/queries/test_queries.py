"""What each look shows, from the command to the private answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.slack.blocks import escape
from handlers.queries.registry import QUERIES
from handlers.query_names import NAMES, WORDS
from operations.snapshot.changes import AccountIs
from operations.snapshot.live import Delegated
from operations.snapshot.organization import Organization
from tests.harness.handling import ALICE, CLICK_URL, COMMAND_URL, GENERAL, NOW, OTHER_TEAM, PRIVATE, Handling
from tests.harness.organizations import grown, with_policies

Query = Callable[[str], str]


@pytest.fixture
def look(handling: Handling) -> Query:
    """Types a look and gives all of the answer, by the ack or by a worker, as text."""
    handling.organization = with_policies()

    def typed(text: str) -> str:
        handling.replies.clear()
        handling.types(text)
        handling.work()
        blocks = handling.blocks or [block for _, body in handling.replies for block in body["blocks"]]
        return json.dumps(blocks, ensure_ascii=False).replace("\\n", "\n")

    return typed


def test_the_names_and_the_registry_agree() -> None:
    assert [name.word for name in NAMES] == [
        *QUERIES,
        "requests",
        "request",
        "code",
        "sessions",
        "cancel",
        "undo",
        "help",
    ]


def test_the_help_lists_them(handling: Handling) -> None:
    shown = handling.types("help")
    assert all(f"`/org {escape(name.usage)}`  {name.purpose}" in shown for name in NAMES), shown
    assert "`/org account &lt;name&gt;`" in shown


def test_the_tree(look: Query) -> None:
    lines = look("tree").split("```")[1].splitlines()
    assert lines == [
        "",
        "/  3 accounts in 3 OUs  ◆ OwnerTag",
        "├─ fullback-management  111111111111",
        "└─ Workloads/  2 accounts  ◆ DenyLeave",
        "   ├─ Production/  1 account",
        "   │  └─ fullback-old  333333333333  SUSPENDED",
        "   └─ Staging/  1 account",
        "      └─ fullback-staging  222222222222  ◆ DenyLeave",
    ]


@pytest.mark.parametrize(
    "text", ["tree /Workloads/Staging", "tree staging", "tree “ou-1-stag”", "Tree  /workloads/staging/"]
)
def test_a_part_of_the_tree(look: Query, text: str) -> None:
    shown = look(text)
    assert "*/Workloads/Staging*: 1 account" in shown
    assert "management" not in shown


def test_a_large_tree_is_folded_and_says_how_to_see_more(handling: Handling, look: Query) -> None:
    handling.organization = grown()
    shown = look("tree")
    assert (
        "├─ unit-0000/  1,000 accounts in 100 OUs" not in shown
    )  # The walk gives uneven parts; only counts are shown.
    assert "unit-0000/" in shown
    assert "account-00000" not in shown
    assert "Not all is shown: `/org tree /unit-0000` opens a part" in shown


def test_accounts_stand_under_their_ou(look: Query) -> None:
    shown = look("accounts")
    assert "*3 accounts*" in shown
    assert shown.index("*/Workloads/Production*") < shown.index("fullback-old") < shown.index("*/Workloads/Staging*")
    assert "fullback-management  `111111111111`  ·  aws@example.com  ·  management account" in shown
    assert ":warning: SUSPENDED" in shown


@pytest.mark.parametrize("text", ["staging", "AWS-STAGING@", "2222", "workloads stag", "active staging"])
def test_accounts_are_found_by_name_address_id_ou_and_state(look: Query, text: str) -> None:
    shown = look(f"accounts {text}")
    assert "*1 account with" in shown
    assert "`222222222222`" in shown


def test_no_account_is_found(look: Query) -> None:
    assert "No account has “&lt;!channel&gt;” in its name" in look("accounts <!channel>")


def test_one_account(handling: Handling, look: Query) -> None:
    handling.live.has_tags = {"owner": "web", "<b>": "&"}
    shown = look("account fullback-staging")
    assert "/Workloads/Staging" in shown
    assert "`owner=web`" in shown
    assert "`&lt;b&gt;=&amp;`" in shown
    assert (
        "_Service control policy_\n•  FullAWSAccess from /, /Workloads, /Workloads/Staging, the account itself\n•  DenyLeave from /Workloads, the account itself"
        in shown
    )
    assert "•  OwnerTag from /" in shown
    assert "/switchrole?account=222222222222&roleName=OrganizationAccountAccessRole" in shown
    assert "form:move-account" in shown


def test_an_account_is_answered_by_a_worker_to_the_response_url(handling: Handling) -> None:
    assert handling.types("account fullback-staging") == ""
    assert not handling.replies
    handling.work()
    ((url, body),) = handling.replies
    assert (url, body["response_type"], body["replace_original"]) == (COMMAND_URL, "ephemeral", False)


def test_without_aws_the_picture_is_shown_all_the_same(handling: Handling, look: Query) -> None:
    handling.live.away = True
    for text, known in (
        ("account fullback-staging", "OwnerTag"),
        ("policy DenyLeave", "/Workloads"),
        ("services", "account.amazonaws.com"),
    ):
        shown = look(text)
        assert known in shown
        assert "AWS does not answer now (EndpointConnectionError)" in shown


def test_the_management_account_is_not_bound_and_has_no_role_to_switch_to(look: Query) -> None:
    shown = look("account 111111111111")
    assert "do not bind it" in shown
    assert "switchrole" not in shown
    assert "form:move-account" not in shown


def test_policies_of_all_types(look: Query) -> None:
    shown = look("policies")
    assert "*Service control policy*  :white_check_mark: enabled" in shown
    assert "DenyLeave  `p-deny0001`  ·  2 attachments, reaches 2 accounts" in shown
    assert "FullAWSAccess  `p-FullAWSAccess`  ·  7 attachments, reaches 2 accounts  ·  managed by AWS" in shown
    assert "Idle  `p-idle0001`  ·  not attached" in shown
    assert "_Being changed_: Backup policy (:hourglass: pending enable)" in shown
    assert "_Not enabled_: Resource control policy" in shown


@pytest.mark.parametrize("text", ["tag", "TAG_POLICY", "Tag policy"])
def test_policies_of_one_type(look: Query, text: str) -> None:
    shown = look(f"policies {text}")
    assert "*1 policy of the type Tag policy*" in shown
    assert "DenyLeave" not in shown


def test_a_type_without_a_policy(look: Query) -> None:
    shown = look("policies rcp")
    assert "*0 policies of the type Resource control policy*" in shown
    assert "_Not enabled_: Resource control policy" in shown


def test_one_policy(handling: Handling, look: Query) -> None:
    handling.live.documents["p-deny0001"] = '{\n  "Statement": []\n}'
    shown = look("policy denyleave")
    assert "No account leaves the organization" in shown
    assert "*Attached to*\n/Workloads\nfullback-staging (222222222222)" in shown
    assert "*Whom it reaches*\n2 accounts\nfullback-old (333333333333) in /Workloads/Production" in shown
    assert "Statement" in shown
    assert "Whole document" not in shown


def test_the_management_account_is_counted_and_listed_only_where_it_is_bound(look: Query) -> None:
    """As on the cards: `operations.policies.common.hits` counts the same accounts."""
    scp = look("policy FullAWSAccess")
    assert "*Whom it reaches*\n2 accounts\n" in scp
    assert "fullback-management (111111111111) in /" not in scp
    assert "It does not bind the management account" in scp
    assert "*Whom it reaches*\n3 accounts\nfullback-management (111111111111) in /" in look("policy OwnerTag")


def test_a_long_document_goes_on_in_a_window(handling: Handling, look: Query) -> None:
    handling.live.documents["p-deny0001"] = "\n".join(f"line {number} {'x' * 60}" for number in range(200))
    shown = look("policy DenyLeave")
    assert "Whole document" in shown
    assert "line 199" not in shown
    handling.presses("look:document", "p-deny0001", user=ALICE, channel=GENERAL)
    handling.work()
    (window,) = handling.slack.made("views.update")
    assert "line 199" in json.dumps(window["view"])


def test_services_and_delegated_administrators(handling: Handling, look: Query) -> None:
    handling.live.administrators = (Delegated("222222222222", "fullback-staging", ("cloudtrail.amazonaws.com",)),)
    shown = look("services")
    assert "*2 services with trusted access*" in shown
    assert "fullback-staging  `222222222222`  for `cloudtrail.amazonaws.com`" in shown


def test_administrators_of_whom_more_was_not_asked_are_named_and_counted(handling: Handling, look: Query) -> None:
    looked_at = Delegated("222222222222", "fullback-staging", ("cloudtrail.amazonaws.com",))
    others = tuple(Delegated(f"{number:012}", f"more-{number}", None) for number in range(12))
    handling.live.administrators = (looked_at, *others)
    shown = look("services")
    assert "And 12 accounts more, for services that were not looked at: more-0" in shown
    assert "more-9  `000000000009`" in shown
    assert "2 more" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account", "Say which account: `/org account &lt;id, name or e-mail&gt;`"),
        (
            "account full",
            "No account named “full”. Did you mean fullback-old, fullback-staging or fullback-management?",
        ),
        ("policy", "Say which policy"),
        ("policy deny", "No policy named “deny”. Did you mean DenyLeave?"),
        ("tree /Nowhere", "No OU named “/Nowhere”"),
        ("tree --picture /Nowhere", "No OU named “/Nowhere”"),
        ("policies nonsense", "“nonsense” is not a policy type"),
        ('accounts "open', "is never closed"),
        ("acounts", "Did you mean `accounts`?"),
    ],
)
def test_what_cannot_be_found_gets_the_way_out(look: Query, text: str, told: str) -> None:
    assert told in look(text)


@pytest.mark.parametrize(
    ("text", "label", "same"),
    [
        ("account fullback-stagin", "fullback-staging", "account fullback-staging"),
        ("policy deny", "DenyLeave", "policy DenyLeave"),
        ("tree Workload", "/Workloads", "tree /Workloads"),
    ],
)
def test_a_near_match_is_a_button_that_answers_for_it(
    handling: Handling, look: Query, text: str, label: str, same: str
) -> None:
    buttons = json.loads(look(text))[-1]["elements"]
    meant = next(button for button in buttons if button["text"]["text"] == label)
    handling.presses(meant["action_id"], meant["value"], user=ALICE, channel=GENERAL, on=PRIVATE)
    handling.work()
    (url, answer) = handling.replies[-1]
    assert (url, answer["replace_original"]) == (CLICK_URL, True)
    assert json.dumps(answer["blocks"], ensure_ascii=False).replace("\\n", "\n") == look(same)


@pytest.mark.parametrize("word", QUERIES)
def test_every_answer_says_how_old_the_picture_is(handling: Handling, look: Query, word: str) -> None:
    handling.now = NOW + timedelta(hours=3)
    given = {"account": " fullback-staging", "policy": " DenyLeave"}.get(word, "")
    assert "As read from AWS 3 h ago" in look(f"{word}{given}")


@pytest.mark.parametrize("word", QUERIES)
def test_before_the_organization_was_read(handling: Handling, look: Query, word: str) -> None:
    handling.organization = None
    assert "has not been read from AWS yet" in look(word)


@pytest.mark.parametrize("word", QUERIES)
def test_where_waiting_does_not_help_it_is_said_what_does(handling: Handling, look: Query, word: str) -> None:
    handling.organization, handling.unread = (
        None,
        "The organization cannot be read from AWS. Give it `orgbot iam-policy`.",
    )
    assert "cannot be read from AWS. Give it `orgbot iam-policy`" in look(word)


@pytest.mark.parametrize("text", ["account fullback-staging", "policy DenyLeave", "services"])
def test_what_aws_refuses_to_tell_is_said_with_the_way_out(handling: Handling, look: Query, text: str) -> None:
    handling.live.closed = True
    told = look(text)
    assert "Could not be read. The bot's own AWS permissions do not allow this call" in told
    assert "`orgbot iam-policy`" in told


@pytest.mark.parametrize("word", QUERIES)
def test_an_account_in_no_organization(handling: Handling, look: Query, word: str) -> None:
    handling.organization = Organization("", "111111111111", "", "", (), (), NOW)
    assert "form:create-organization" in look(word)


@pytest.mark.parametrize("word", QUERIES)
def test_people_of_other_workspaces_see_nothing(handling: Handling, word: str) -> None:
    handling.organization = with_policies()
    handling.types(f"{word} fullback-staging", team=OTHER_TEAM)
    handling.work()
    assert not handling.replies
    assert "fullback" not in json.dumps(handling.blocks)


def test_an_answer_that_slack_does_not_take_is_told(handling: Handling) -> None:
    handling.deaf = True
    handling.types("account fullback-staging")
    assert any("couldn't be shown" in line for line in handling.told())


def test_two_accounts_of_one_name(handling: Handling, look: Query) -> None:
    one = with_policies()
    twin = replace(one.accounts[1], id="444444444444", email="twin@example.com")
    handling.organization = replace(one, accounts=(*one.accounts, twin))
    assert "names 2 accounts: 222222222222 (/Workloads/Staging), 444444444444" in look("account fullback-staging")


@pytest.mark.parametrize("word", QUERIES)
def test_no_answer_holds_an_angle_bracket_that_slack_would_take_for_a_link(look: Query, word: str) -> None:
    given = {"account": " fullback-staging", "policy": " DenyLeave"}.get(word, "")
    assert "<" not in look(f"{word}{given}")


def test_an_account_that_only_aws_knows_yet_is_shown(handling: Handling, look: Query) -> None:
    handling.new["fresh"] = (AccountIs(id="888888888888", name="fresh", email="fresh@example.com", state="ACTIVE"),)
    assert "888888888888" in look("account fresh")
    assert "fresh@example.com" in look("accounts fresh")


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("list-accounts", "accounts"),
        ("list-accounts --max-items 5", "accounts"),
        ("list-accounts-for-parent --parent-id ou-1-work", "accounts ou-1-work"),
        ("describe-account --account-id 222222222222", "account 222222222222"),
        ("describe-account --account-id=222222222222 --output json", "account 222222222222"),
        ("list-policies --filter SERVICE_CONTROL_POLICY", "policies SERVICE_CONTROL_POLICY"),
        ("describe-policy --policy-id p-deny0001", "policy p-deny0001"),
        ("list-roots", "tree"),
        ("list-organizational-units-for-parent --parent-id ou-1-work", "tree ou-1-work"),
        ("list-aws-service-access-for-organization", "services"),
        ("list-policies-for-target --target-id 222222222222 --filter SERVICE_CONTROL_POLICY", "account 222222222222"),
        ("account `fullback-staging`", "account fullback-staging"),
        ("account « fullback-staging »", "account fullback-staging"),
    ],
)
def test_the_aws_clis_names_are_understood(look: Query, typed: str, same: str) -> None:
    assert look(typed) == look(same)


LOOKS = [word for word in WORDS if word != "help"]


@pytest.mark.parametrize("word", LOOKS)
def test_a_flag_that_a_query_does_not_have_is_told(look: Query, word: str) -> None:
    assert f"`{word}` has no flag --foo" in look(f"{word} --foo")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("accounts --foo", "`accounts` has no flag --foo. It is typed `/org accounts [text]`."),
        ("account --acount web", "Did you mean `--account`?"),
        ("tree --pictur", "Did you mean `--picture`?"),
        ("requests --mine", "`requests` has no flag --mine."),
    ],
)
def test_the_way_out_of_a_wrong_flag(look: Query, typed: str, told: str) -> None:
    assert told in look(typed)


@pytest.mark.parametrize("word", LOOKS)
def test_the_help_of_a_query_can_be_asked_for_behind_it(look: Query, word: str) -> None:
    assert look(f"{word} --help") == look(f"help {word}")
