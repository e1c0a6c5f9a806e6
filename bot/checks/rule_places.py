"""Whether the places that rules name exist in the organization. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from approvals.authority.rules import ACCOUNT_ID, Rule
from operations.snapshot.organization import Organization

Misplaced = tuple[str, str]


def misplaced(rules: Sequence[Rule], organization: Organization) -> Iterator[Misplaced]:
    """(rule and key, sentence) for each OU and account that a rule names and the organization lacks."""
    for number, rule in enumerate(rules, 1):
        paths = [unit.path for unit in organization.units]
        if rule.under.strip("/") and not _among(rule.under.rstrip("/"), paths):
            told = (
                f"there is no organizational unit “{rule.under}”, so the rule never decides{_near(rule.under, paths)}"
            )
            yield _key(number, rule, "under"), told
        for word in rule.accounts:
            known = _called_like(word, organization)
            if not _among(word, known):
                yield _key(number, rule, "accounts"), f"there is no account “{word}”{_near(word, known)}"


def _key(number: int, rule: Rule, key: str) -> str:
    return f"rule {number} “{rule.name}”, {key}"


def _called_like(word: str, organization: Organization) -> list[str]:
    """All accounts by the kind of name that the word is: id, e-mail address or name."""
    if ACCOUNT_ID.fullmatch(word):
        return [account.id for account in organization.accounts]
    return [account.email if "@" in word else account.name for account in organization.accounts]


def _among(word: str, known: Iterable[str]) -> bool:
    return word.casefold() in {name.casefold() for name in known}


def _near(word: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, 1)
    return f"; did you mean “{folded[near[0]]}”?" if near else "; correct it in ORGBOT_RULES"
