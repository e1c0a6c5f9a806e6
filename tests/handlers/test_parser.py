"""From the text after `/org` to an operation and its values."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Any

import pytest
from botocore import xform_name
from botocore.session import get_session
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.parser import QUERIES, Command, Given, ParseError, parse, read, split
from handlers.query_names import WORDS
from operations.accounts.create_account import CreateAccount
from operations.accounts.move_account import MoveAccount
from operations.core.base import Operation
from operations.core.fields import FieldKind, Flag
from operations.core.registry import all_operations, by_name
from operations.policies.documents import read_document
from operations.snapshot.policy_types import SCP
from sandbox.slack.rewriting import rewritten
from tests.harness.made_up import NeedsNothing
from tests.harness.tables import each_of

WHOLE = (
    "create-account --name fullback-staging --email <mailto:staging@example.com|staging@example.com> "
    "—ou /Workloads/Staging --billing allow --tag owner=web --tag=cost=12 “team=web two” --reason “it's for Bob\u2019s team”"
)


def problem(text: str) -> str:
    with pytest.raises(ParseError) as raised:
        parse(text)
    return raised.value.message


def test_a_whole_command() -> None:
    command = parse(WHOLE)
    assert command.operation is CreateAccount
    assert command.given.values == {
        "account_name": "fullback-staging",
        "email": "staging@example.com",
        "ou": "/Workloads/Staging",
        "billing": "ALLOW",
        "tags": ["owner=web", "cost=12", "team=web two"],
    }
    assert command.given.reason == "it's for Bob\u2019s team"
    assert command.complete()


def test_the_clis_full_spelling() -> None:
    command = parse(
        "create-account --account-name a --email a@b.example --iam-user-access-to-billing DENY "
        "--tags Key=owner,Value=web Key=cost,Value=12"
    )
    assert command.given.values["billing"] == "DENY"
    assert command.given.values["tags"] == ["Key=owner,Value=web", "Key=cost,Value=12"]


def given_list(text: str) -> list[str]:
    """The one list that a command gives."""
    (values,) = [value for value in parse(text).given.values.values() if isinstance(value, list)]
    return values


LISTS = {
    "create-account --tag {}": ("a=b", "c=d", "e="),
    "create-account --tag {} --name web": ("a=b", "c=d"),
    "create-account --tag={}": ("Key=a,Value=b", "Key=c,Value=d"),
    "untag-account --account web --key {}": ("owner=", "cost="),
    "grant-access --principal group/web --account {}": ("fullback-web", "222222222222", "aws@example.com"),
    "revoke-access --account {} --principal group/web": ("fullback-web", "fullback-audit"),
}


@each_of("command", LISTS)
@each_of("between", [" ", ", ", " , ", " ,", " ,, ", ",\u00a0", ",\n"])
def test_a_list_is_parted_by_blanks_with_commas_and_without(command: str, between: str) -> None:
    items = LISTS[command]
    assert given_list(command.format(between.join(items))) == list(items)


@pytest.mark.parametrize("ending", [",", " ,", ", --reason x", " , --reason x"])
def test_a_comma_behind_the_last_of_a_list_means_nothing(ending: str) -> None:
    assert given_list(f"create-account --tag a=b, c=d{ending}") == ["a=b", "c=d"]


def test_after_a_comma_any_word_belongs_to_the_list() -> None:
    """Keys have no `=` by which they could be told from a slip."""
    assert given_list("untag-account --account web --key owner, cost , team") == ["owner", "cost", "team"]
    assert given_list("create-account --tag a=b, c") == ["a=b", "c"]
    assert "“c” belongs to no flag" in problem("create-account --tag a=b, --name web c")
    assert "“c” belongs to no flag" in problem("create-account --tag a=b, --form c")
    assert "“c” belongs to no flag" in problem("create-account --tag a=b c")


def test_accounts_without_blanks_are_parted_too() -> None:
    assert given_list("grant-access --account a,b , c,,d") == ["a", "b", "c", "d"]
    assert given_list('grant-access --account "a, b"') == ["a", "b"]
    assert given_list('grant-access --account "a, ,b"') == ["a", "b"]


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ('"a=b,"', ["a=b,"]),
        ('a="b,"', ["a=b,"]),
        ('a="b,", c=d', ["a=b,", "c=d"]),
        ('"a=b c", d="e f",', ["a=b c", "d=e f"]),
        ("a=b,c", ["a=b,c"]),
        ('",a=b"', [",a=b"]),
    ],
)
def test_commas_within_a_tag_or_in_quotes_stay(typed: str, tags: list[str]) -> None:
    assert given_list(f"create-account --tag {typed}") == tags


@pytest.mark.parametrize("typed", ["Key=a, Value=b", "Key=a ,Value=b", "Key=a , Value=b", "Key=a Value=b"])
def test_a_tag_in_the_clis_spelling_may_have_a_blank_in_its_middle(typed: str) -> None:
    assert given_list(f"create-account --tags {typed}, Key=c, Value=d") == ["Key=a,Value=b", "Key=c,Value=d"]


def test_a_tag_in_the_clis_spelling_has_one_value() -> None:
    assert given_list("create-account --tags Key=a,Value=b, Value=c") == ["Key=a,Value=b", "Value=c"]


def test_a_list_of_nothing_but_commas_is_none() -> None:
    assert "`--tag` (Tags) has no value" in problem("create-account --tag , --name web")


def test_a_comma_behind_a_single_value_is_part_of_it() -> None:
    assert parse("create-account --name web,").given.values == {"account_name": "web,"}
    assert "“b” belongs to no flag" in problem("move-account --account a, b --to /")
    assert "“,b” belongs to no flag" in problem("create-account --name web ,b")


def test_aliases_and_capitals() -> None:
    assert parse("Move --Account web --to /").operation is MoveAccount


@pytest.mark.parametrize(("word", "value"), [("Yes", "ALLOW"), ("NO", "DENY"), ("deny", "DENY"), ("maybe", "maybe")])
def test_choices_by_their_words(word: str, value: str) -> None:
    assert parse(f"create-account --billing {word}").given.values == {"billing": value}


def test_what_is_left_empty_counts_as_not_given() -> None:
    command = parse('create-account --name "" --ou= --tag ""')
    assert command.given.values == {}
    assert not command.complete()


def test_a_value_may_begin_with_dashes_in_quotes() -> None:
    assert parse('create-account --name "--email"').given.values == {"account_name": "--email"}


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_what_an_operation_needs_is_taken_in_its_order_without_flags(operation: type[Operation]) -> None:
    given = parse(f"{operation.name} {operation.example}").given.values
    needed = {field.name: given[field.name] for field in operation.fields() if field.required}
    first = {name: value if isinstance(value, str) else value[:1] for name, value in needed.items()}
    words = [value if isinstance(value, str) else value[0] for value in first.values()]
    assert parse(f"{operation.name} {shlex.join(words)}").given.values == first


@each_of(
    ("text", "values"),
    [
        ("creds fullback-staging-web", {"account": "fullback-staging-web"}),
        ("move fullback-audit /Workloads", {"account": "fullback-audit", "to": "/Workloads"}),
        ("move --to / web", None),
        ('move --to "/" web', {"account": "web", "to": "/"}),
        ("move web --to /", {"account": "web", "to": "/"}),
        ("create-account --email a@b.example web", {"account_name": "web", "email": "a@b.example"}),
        ("tag-account web a=b c=d", {"account": "web", "tags": ["a=b", "c=d"]}),
        ("grant-access admins web, shop", {"principal": "admins", "account": ["web", "shop"]}),
        ('create-account "name" a@b.example', {"account_name": "name", "email": "a@b.example"}),
    ],
)
def test_a_word_without_a_flag_is_the_next_field_that_is_needed(text: str, values: dict[str, Any] | None) -> None:
    """Behind a value that may go on, such as a name in two words, nobody can tell."""
    if values is None:
        assert "“web” belongs to no flag. If it is part of --to" in problem(text)
    else:
        assert parse(text).given.values == values


def test_the_form_and_the_help_can_be_asked_for() -> None:
    assert parse("create-account --form").form
    assert parse("create-account --help").help


@each_of(
    ("text", "says"),
    [
        ("creat-acount", "no operation “creat-acount”. Did you mean `create-account`?"),
        ("create account --name web", "no operation “create”. Did you mean `create-account`?"),
        ("Rename OU", "Did you mean `rename-ou`?"),
        ("xyzzy", "no operation “xyzzy”. `/org help`"),
        ("requst", "Did you mean `request`?"),
        ("create-account --nam x", "no flag --nam. Did you mean `--name`?"),
        ("create-account --xyzzy x", "no flag --xyzzy. It takes `--name`, `--email`"),
        ("move-account a /b Reson", "“Reson” belongs to no flag. Did you mean `--reason`?"),
        ("create-account email a@b.example", "“email” belongs to no flag. Did you mean `--email`?"),
        (
            "create-account --reason new staging",
            'If it is part of --reason, put the whole value in quotes: --reason "… staging"',
        ),
        ("create-ou Web Shop", 'If it is part of --name, put the whole value in quotes: --name "… Shop"'),
        ("move-account a /b c", "“c” belongs to no flag. If it is part of --to"),
        ("enable-all-features xyzzy", "“xyzzy” belongs to no flag. `enable-all-features` takes `--reason`."),
        ("create-account --name --email x", "`--name` (Account name) has no value"),
        ("create-account --billing", "such as --billing ALLOW"),
        ("create-ou --name x --parent", "has no value behind it; give one."),  # Of a place there is no example.
        ("create-account --name a --account-name b", "`--name` is given twice"),
        ('create-account --reason "open', "never closed"),
        ("create-account " + "x" * 9000, "9,015 characters"),
    ],
)
def test_mistakes_are_named_with_the_way_out(text: str, says: str) -> None:
    assert says in problem(text)


@each_of(
    ("text", "says"),
    [
        ("{} --name x", "no operation “{}”."),
        ("create-account --{} x", "has no flag --{}."),
        ("create-account --reason why {}", "“{}” belongs to no flag."),
    ],
)
def test_of_a_long_word_so_much_is_repeated_as_one_knows_it_by(text: str, says: str) -> None:
    dashes = 2 * ("--{}" in says)
    for typed, told in ((60, "x" * (60 - dashes)), (61, "x" * (59 - dashes) + "…")):
        assert says.format(told) in problem(text.format("x" * (typed - dashes)))


@each_of(
    ("text", "operation", "query"),
    [
        ("requst", None, "request"),
        ("creat-acount", CreateAccount, ""),
        ("xyzzy", None, ""),
        ("requests", None, ""),
        ("create-account --xyzzy x", CreateAccount, ""),
    ],
)
def test_a_mistake_leads_to_what_was_meant(text: str, operation: type[Operation] | None, query: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(text)
    assert (raised.value.operation, raised.value.query) == (operation, query)


@each_of("word", ["help", "requests", "request", "sessions", *WORDS])
def test_what_only_looks_is_no_operation(word: str) -> None:
    assert f"`{word}` only shows something" in problem(word)


def test_of_what_is_typed_without_a_reason_there_is_none() -> None:
    assert Given() == Given({}, reason="", break_glass=False)


def test_a_mistake_keeps_what_was_understood() -> None:
    with pytest.raises(ParseError) as raised:
        parse("create-account --name web --colour red")
    assert raised.value.operation is CreateAccount
    assert raised.value.given.values == {"account_name": "web"}


@pytest.mark.parametrize(("rest", "opens"), [("", True), ("--reason why", False), ("--reason why --form", True)])
def test_an_operation_that_needs_nothing_is_not_filed_by_its_name_alone(rest: str, opens: bool) -> None:  # noqa: FBT001
    assert read(NeedsNothing, rest).wants_form() is opens


class TakesSome(NeedsNothing):
    """Needs nothing, and takes a value whose flag has two names."""

    some: Annotated[str, Flag(("--some", "--something"), "Some")] = ""


@each_of(("rest", "says"), [("x", "takes `--some`, `--reason`."), ("--x y", "It takes `--some`, `--reason`.")])
def test_what_an_operation_takes_is_told_by_the_names_that_are_documented(rest: str, says: str) -> None:
    with pytest.raises(ParseError) as raised:
        read(TakesSome, rest)
    assert says in raised.value.message
    assert "--something" not in raised.value.message


def test_a_tags_value_belongs_to_a_tag_in_the_clis_spelling_only() -> None:
    assert given_list("create-account --tags owner=web, Value=x") == ["owner=web", "Value=x"]


def test_a_command_asks_for_no_form_and_no_help_by_itself() -> None:
    command = Command(CreateAccount, Given())
    assert (command.form, command.help, command.given.break_glass) == (False, False, False)


def test_of_what_names_no_operation_nothing_was_understood() -> None:
    with pytest.raises(ParseError) as raised:
        parse("xyzzy")
    assert (raised.value.operation, raised.value.given) == (None, Given())


@each_of(
    ("typed", "parted"),
    [
        (" \n ", ("", "")),
        ("Help", ("help", "")),
        ("X-Ray  A B", ("x-ray", "A B")),
        ("`Help`  Me", ("help", "Me")),
        ("\u200bhelp", ("help", "")),
    ],
)
def test_the_first_word_is_read_in_small_letters_and_the_rest_as_it_is(typed: str, parted: tuple[str, str]) -> None:
    assert split(typed) == parted


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_every_example_can_be_typed(operation: type[Operation]) -> None:
    command = parse(f"{operation.name} {operation.example}")
    assert command.operation is operation
    assert command.complete()


def as_read(command: Command) -> dict[str, Any]:
    """What was given, each document as the bot reads it."""
    values = dict(command.given.values)
    documents = [field.name for field in command.operation.fields() if field.flag.kind is FieldKind.DOCUMENT]
    return values | {name: read_document(str(values[name]), SCP) for name in documents if name in values}


@each_of("operation", all_operations(), ids=lambda operation: operation.name)
def test_a_phones_rewriting_changes_nothing(operation: type[Operation]) -> None:
    text = f'{operation.name} {operation.example} --reason "<b> & the team\'s"'
    plain, phone = parse(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")), parse(rewritten(text))
    assert as_read(phone) == as_read(plain)
    assert phone.given.reason == "<b> & the team\u2019s"


PIECES = st.sampled_from(
    [
        "--name",
        "—tag",
        "--billing=",
        "--reason",
        "a=b",
        '"',
        "“",
        "\u2019",
        "'",
        "\\",
        "=",
        " ",
        "\n",
        "--",
        "<mailto:",
        "|",
        ">",
        "&lt;",
        "--form",
        "\u202e",
        "\u00a0",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))
@example("--name \\")
@example('--name "\\')
def test_any_text_is_read_or_explained(text: str) -> None:
    for prefix in ("", "create-account ", "move-account --account x "):
        assert read_or_explained(prefix + text)


def read_or_explained(text: str) -> bool:
    """Whether the text gives a command, or a sentence of a sensible length."""
    try:
        return isinstance(parse(text), Command)
    except ParseError as error:
        return 10 < len(error.message) < 1000


READ_THINGS = (
    "account",
    "acounts",
    "accounts",
    "policys",
    "policies",
    "organization",
    "ous",
    "tags",
    "handshakes",
    "things",
)
READ_VERBS = ("list", "describe", "get", "show", "view", "find")


@each_of("typed", [f"{verb}-{thing}" for verb in READ_VERBS for thing in READ_THINGS])
def test_whoever_wants_to_look_is_never_led_to_a_change(typed: str) -> None:
    if typed in QUERIES:
        return
    with pytest.raises(ParseError) as caught:
        parse(typed)
    suggested = re.findall("Did you mean `(.+)`", caught.value.message)
    assert not set(suggested) & by_name().keys()


def test_no_word_means_both_a_look_and_a_change() -> None:
    assert not set(QUERIES) & by_name().keys()


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("list-acounts", "accounts"),
        ("list accounts", "accounts"),
        ("close-acount", "close-account"),
        ("describe-polcy", "policy"),
    ],
)
def test_the_nearest_is_suggested(typed: str, suggested: str) -> None:
    with pytest.raises(ParseError, match=f"Did you mean `{suggested}`"):
        parse(typed)


def test_every_look_of_the_aws_cli_is_understood() -> None:
    """What `aws organizations` has that only looks, but for what the bot has no view of."""
    operations = get_session().get_service_model("organizations").operation_names
    names = [xform_name(name, "-") for name in operations if name.startswith(("List", "Describe"))]
    unseen = {name for name in names if name not in QUERIES}
    assert unseen == {
        "describe-resource-policy",
        "describe-responsibility-transfer",
        "list-accounts-with-invalid-effective-policy",
        "list-effective-policy-validation-errors",
        "list-handshakes-for-account",
        "list-inbound-responsibility-transfers",
        "list-outbound-responsibility-transfers",
    }
