"""Which looks there are, and how they are typed. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """`usage` is what is typed after `/org`, as the help shows it."""

    word: str
    usage: str
    purpose: str


NAMES = (
    Name("tree", "tree [/Workloads] [--picture]", "The OUs, their accounts, and the policies attached to them"),
    Name("accounts", "accounts [text]", "Accounts, by name, e-mail, id, OU or state"),
    Name("account", "account <name>", "One account with its tags and all policies that reach it"),
    Name("policies", "policies [scp]", "Policies of each type, and how many accounts each reaches"),
    Name("policy", "policy <name>", "One policy: its document, where it is attached, whom it reaches"),
    Name("services", "services", "Services with trusted access, and delegated administrators"),
)
WORDS = tuple(name.word for name in NAMES)
