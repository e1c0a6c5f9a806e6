"""Names that are easily taken for another one: by letters of another script that look the same, by digits that look like letters,
by capitals, accents or blanks alone. They are pointed out, never refused. Pure.

A text's skeleton is what it looks like; two texts resemble each other when their skeletons are the same. Letters whose looks
Unicode doesn't give by decomposition are those of two scripts that share most shapes with Latin, and some ASCII.
Source: Unicode Technical Standard #39, "Confusable Detection", "Mixed-Script Detection"; UAX #15, "Normalization Forms".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from operations.core.base import Operation
from operations.core.fields import FieldKind
from operations.snapshot.names import listed
from operations.snapshot.organization import Organization

# In lower case; what stands below another looks like it.
CYRILLIC = "авеёкмнорстухіїјѕһԁԛԝӏьг", "abeekmhopctyxiijshdqwlbr"
GREEK = "αβεζηικμνορτυχγω", "abezhikmvoptuxyw"
OTHERS = "01|øłđħŧıȷßþ", "olloldhtijbp"
SHAPES = str.maketrans(CYRILLIC[0] + GREEK[0] + OTHERS[0], CYRILLIC[1] + GREEK[1] + OTHERS[1], " -_.'")
TOGETHER = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))
MOST = 3


@lru_cache(maxsize=200_000)
def skeleton(text: str) -> str:
    """What a text looks like, without its capitals, accents and blanks."""
    plain = text if text.isascii() else _unaccented(unicodedata.normalize("NFKD", text))
    shown = plain.casefold().translate(SHAPES)
    for two, one in TOGETHER:
        shown = shown.replace(two, one)
    return shown


def _unaccented(text: str) -> str:
    return "".join(character for character in text if not unicodedata.combining(character))


def pointed_out(operation: Operation, organization: Organization) -> tuple[str, ...]:
    """A sentence for each name that the request gives or means and that resembles another of its kind, or mixes scripts."""
    said = [*_given(operation, organization), *_meant(operation, organization)]
    return tuple(dict.fromkeys(said))[:MOST]


def _given(operation: Operation, organization: Organization) -> Iterator[str]:
    """The names that OUs and accounts get."""
    afterwards = operation.afterwards(organization)
    if afterwards is organization:
        return
    units, accounts = _units(organization), _accounts(organization)
    for there, known in ((_units(afterwards), units), (_accounts(afterwards), accounts)):
        for key, (name, _) in there.items():
            if name and name != known.get(key, ("", ""))[0]:
                yield from _about_new(name, key, known)


def _about_new(name: str, key: str, known: dict[str, tuple[str, str]]) -> Iterator[str]:
    mixed = scripts(name)
    if len(mixed) > 1:
        yield f"The name “{name}” mixes letters of {' and '.join(mixed)}{_odd(name)}."
    if alike := _alike(name, key, known):
        yield f"The name “{name}” is easily taken for {listed(alike)}{_odd(name)}."


def _meant(operation: Operation, organization: Organization) -> Iterator[str]:
    """What is named in the request by an id by now, and may have been mistaken for another."""
    units, accounts = _units(organization), _accounts(organization)
    wanted = {
        key
        for kind in (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.OU, FieldKind.TARGET)
        for key in operation.named(kind)
    }
    for known in (units, accounts):
        for key in sorted(wanted & known.keys()):
            name, shown = known[key]
            if alike := _alike(name, key, known):
                yield f"{shown} is easily taken for {listed(alike)}{_odd(name)}."


def _alike(name: str, key: str, known: dict[str, tuple[str, str]]) -> list[str]:
    """What is called otherwise, and looks the same."""
    looks = skeleton(name)
    return [shown for other, (its, shown) in known.items() if other != key and its != name and skeleton(its) == looks]


def _units(organization: Organization) -> dict[str, tuple[str, str]]:
    return {unit.id: (unit.name, f"{unit.path} ({unit.id})") for unit in organization.units if unit.parent}


def _accounts(organization: Organization) -> dict[str, tuple[str, str]]:
    return {one.id: (one.name, f"{one.name} ({one.id})") for one in organization.accounts}


def scripts(name: str) -> list[str]:
    """The scripts of a name's letters, such as Cyrillic and Latin, as the names of the characters tell."""
    letters = (unicodedata.name(character, "").partition(" ")[0] for character in name if character.isalpha())
    return sorted({script.capitalize() for script in letters if script in SCRIPTS})


SCRIPTS = frozenset(
    {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC"}
)  # Those that are taken for each other.


def _odd(name: str) -> str:
    """The letters that are not ASCII, by their names: nobody tells them apart by their looks."""
    odd: Iterable[str] = dict.fromkeys(character for character in name if not character.isascii())
    named = [f"{character} is {unicodedata.name(character, 'a character without a name')}" for character in odd]
    return f" ({listed(named, MOST)})" if named else ""
