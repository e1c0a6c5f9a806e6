"""Which looks there are, and how they are typed, in the AWS CLI's words too. Pure.

Source: AWS CLI Command Reference, "organizations".
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """`usage` is what is typed after `/org`, as the help shows it; `also` are the AWS CLI's names for it. `flags` may stand before
    what is looked at, `beside` before what the AWS CLI takes besides and an answer here has no use for. `wanted` is what menus say; what needs a word more has none.
    """

    word: str
    usage: str
    purpose: str
    also: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    wanted: str = ""


PICTURE = "--picture"
BESIDE = (
    "--max-items",
    "--page-size",
    "--max-results",
    "--starting-token",
    "--output",
    "--query",
    "--region",
    "--profile",
)
PLACES = ("--ou", "--parent", "--parent-id", "--organizational-unit-id", "--root-id", "--target-id", "--child-id")


NAMES = (
    Name(
        "tree",
        "tree [/Workloads] [--picture]",
        "The OUs, their accounts, and the policies attached to them",
        (
            *("list-roots", "list-children", "list-organizational-units-for-parent", "list-ous"),
            *("describe-organization", "describe-organizational-unit", "describe-ou", "list-organizational-units"),
        ),
        (*PLACES, PICTURE),
        ("--child-type",),
        "See the tree of OUs and accounts",
    ),
    Name(
        "accounts",
        "accounts [text]",
        "Accounts, by name, e-mail, id, OU or state",
        ("list-accounts", "list-accounts-for-parent"),
        ("--text", "--name", "--email", "--state", *PLACES),
        ("--states",),
        "List the accounts",
    ),
    Name(
        "account",
        "account <name>",
        "One account with its tags and all policies that reach it",
        (
            *("describe-account", "list-parents", "list-tags-for-resource", "list-policies-for-target"),
            *("describe-effective-policy", "get-account"),
        ),
        (
            "--account",
            "--account-id",
            "--account-name",
            "--name",
            "--email",
            "--target-id",
            "--resource-id",
            "--child-id",
        ),
        ("--filter", "--policy-type"),
    ),
    Name(
        "policies",
        "policies [scp]",
        "Policies of each type, and how many accounts each reaches",
        ("list-policies",),
        ("--type", "--filter", "--policy-type"),
        wanted="List the policies",
    ),
    Name(
        "policy",
        "policy <name>",
        "One policy: its document, where it is attached, whom it reaches",
        ("describe-policy", "list-targets-for-policy", "get-policy"),
        ("--policy", "--policy-id", "--policy-name", "--name"),
    ),
    Name(
        "services",
        "services",
        "Services with trusted access, and delegated administrators",
        (
            *("list-aws-service-access-for-organization", "list-delegated-administrators", "list-services"),
            "list-delegated-services-for-account",
        ),
        beside=("--account-id", "--service-principal"),
        wanted="See which AWS services work in all accounts",
    ),
    Name(
        "requests",
        "requests",
        "What you asked for, and what else waits or runs",
        (
            *("list-requests", "list-create-account-status", "describe-create-account-status"),
            *("list-handshakes-for-organization", "describe-handshake"),
        ),
        beside=("--states", "--filter", "--handshake-id", "--create-account-request-id"),
        wanted="See my requests, and what else waits",
    ),
    Name("request", "request 12", "One request and its history", ("describe-request",), ("--request", "--number")),
    Name("code", "code 12", "A finished request as OpenTofu, CloudFormation and AWS CLI code", ("as-code",)),
    Name(
        "sessions",
        "sessions",
        "Who has credentials just now: yours, for approvers everybody's",
        ("list-sessions",),
        wanted="See who has credentials now",
    ),
    Name("cancel", "cancel 12", "Takes your request back while it waits for approval", flags=("--request", "--number")),
    Name("undo", "undo 12", "Asks for what undoes your request", flags=("--request", "--number")),
    Name(
        "help",
        "help create-account",
        "One operation with its flags; `help` alone names them all",
        wanted="See all commands",
    ),
)
WORDS = tuple(name.word for name in NAMES)
BY_WORD = {name.word: name for name in NAMES}
ALIASES = {alias: name.word for name in NAMES for alias in name.also}
LOOKS = re.compile(r"\b(list|describe|get|show|view|find|search|ls|display|read|lookup|who|what|which)\b")


def meant(word: str) -> str:
    """The look that a word means by its name or by the AWS CLI's; the word itself when it means none."""
    return ALIASES.get(word, word)


def only_looks(word: str) -> bool:
    """Whether a word is surely meant to look at something, so that nobody is led to a change."""
    return bool(LOOKS.search(word.replace("_", "-")))
