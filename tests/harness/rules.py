"""Rules as requests have to satisfy them, and places as rules see them."""

from __future__ import annotations

from approvals.authority.requirements import Requirement, Requirements
from approvals.authority.rules import Place, Rule


def required(*rules: Rule) -> Requirements:
    """All of these rules, each with as many approvals as it asks for."""
    return Requirements(tuple(Requirement(rule, rule.approvals) for rule in rules))


def place(path: str, account: str = "", name: str = "", email: str = "") -> Place:
    """An organizational unit at a path, whose id is made of it, or an account in it."""
    names = tuple(name for name in path.split("/") if name)
    units = ("r-1", *(f"ou-{'-'.join(names[: end + 1])}" for end in range(len(names))))
    return Place(units, names, account, name, email)
