"""Names that are easily taken for another one: by letters of another script that look the same, by digits that look like letters,
by capitals, accents or blanks alone. They are pointed out, never refused. Pure.

A text's skeleton is what it looks like; two texts resemble each other when their skeletons are the same. Letters whose looks
Unicode doesn't give by decomposition are those of two scripts that share most shapes with Latin, and some ASCII.
Source: Unicode Technical Standard #39, "Confusable Detection", "Mixed-Script Detection"; UAX #15, "Normalization Forms".
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeVar

from cachetools import LRUCache, cached

from operations.core.base import Operation
from operations.core.fields import FieldKind
from operations.core.nesting import load
from operations.core.visible import is_visible, spelled
from operations.snapshot.names import joined, listed
from operations.snapshot.organization import Account, Organization, OrganizationalUnit

# In lower case; what stands below another looks like it.
CYRILLIC = "авеёкмнорстухіїјѕһԁԛԝӏьг", "abeekmhopctyxiijshdqwlbr"
GREEK = "αβεζηικμνορτυχγω", "abezhikmvoptuxyw"
OTHERS = "01|øłđħŧıȷßþ", "olloldhtijbp"
SHAPES = str.maketrans(CYRILLIC[0] + GREEK[0] + OTHERS[0], CYRILLIC[1] + GREEK[1] + OTHERS[1], " -_.'")
TOGETHER = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))
MOST = 3
WORD = re.compile(r"\w+")
LONGEST = 60
Named = Account | OrganizationalUnit
Thing = TypeVar("Thing", Account, OrganizationalUnit)
PLACES = (FieldKind.ACCOUNT, FieldKind.ACCOUNTS, FieldKind.OU, FieldKind.TARGET)


@lru_cache(maxsize=200_000)
def skeleton(text: str) -> str:
    """What a text looks like, without its capitals, accents and blanks, and without what nobody sees."""
    plain = text if text.isascii() else _unaccented(unicodedata.normalize("NFKD", text))
    shown = plain.casefold().translate(SHAPES)
    for two, one in TOGETHER:
        shown = shown.replace(two, one)
    return shown


def _unaccented(text: str) -> str:
    return "".join(one for one in text if not unicodedata.combining(one) and is_visible(one))


class Skeletons:
    """The OUs and the accounts of one snapshot by their skeletons."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization  # It lives as long as its index, so that its `id` is no other's.
        self._units = _by_looks(organization.units)
        self._accounts = _by_looks(organization.accounts)

    def alike(self, new: Named) -> list[str]:
        """What is called otherwise than a thing of the same kind, and looks the same."""
        known: Mapping[str, Sequence[Named]] = self._accounts if isinstance(new, Account) else self._units
        found = known.get(skeleton(new.name), ())
        return [_shown(one) for one in found if one.id != new.id and one.name != new.name]


@cached(LRUCache(maxsize=1), key=id, lock=threading.Lock())
def _skeletons_of(organization: Organization) -> Skeletons:
    """Of the newest snapshot, because many requests are filed by one."""
    return Skeletons(organization)


def pointed_out(operation: Operation, organization: Organization) -> tuple[str, ...]:
    """A sentence for each name that the request gives or means and that resembles another of its kind, or mixes scripts; and for
    what else it would send that is read otherwise than it is.
    """
    known = _skeletons_of(organization)
    said = [*_given(operation, organization, known), *_meant(operation, organization, known)]
    return tuple(dict.fromkeys((*said[:MOST], *islice(_misread(operation, said), MOST))))


def _given(operation: Operation, organization: Organization, known: Skeletons) -> Iterator[str]:
    """The names that OUs and accounts get."""
    afterwards = operation.afterwards(organization)
    if afterwards is organization:
        return
    yield from _about_new(_renamed(afterwards.units, organization.units_by_id), known)
    yield from _about_new(_renamed(afterwards.accounts, organization.accounts_by_id), known)


def _renamed(there: Iterable[Thing], known: Mapping[str, Thing]) -> list[Thing]:
    """What is new, or has another name."""
    return [one for one in there if one.name and (one.id not in known or known[one.id].name != one.name)]


def _about_new(named: Iterable[Named], known: Skeletons) -> Iterator[str]:
    for new in named:
        mixed = scripts(new.name)
        if len(mixed) > 1:
            yield f"The name “{new.name}” mixes letters of {joined(mixed)}{_odd(new.name)}."
        if alike := known.alike(new):
            yield f"The name “{new.name}” looks almost like {listed(alike)}{_odd(new.name)}."


def _meant(operation: Operation, organization: Organization, known: Skeletons) -> Iterator[str]:
    """What is named in the request by an id by now, and may have been mistaken for another."""
    for key in dict.fromkeys(name for kind in PLACES for name in operation.named(kind)):
        meant = organization.units_by_id.get(key) or organization.accounts_by_id.get(key)
        if meant and (alike := known.alike(meant)):
            yield f"{_shown(meant)} looks almost like {listed(alike)}{_odd(meant.name)}."
        elif meant and not all(map(is_visible, meant.name)):
            yield f"The name of {_shown(meant)} holds what nobody sees{_odd(meant.name)}."


def _misread(operation: Operation, said: Sequence[str]) -> Iterator[str]:
    """Texts that look like others: by their letters, by a blank that is none, by letters that run from right to left."""
    for label, text in _sent(operation):
        quoted = f"“{_short(text)}” ({label})"
        if text.isascii() or any(f"“{text}”" in sentence for sentence in said):
            continue
        if _looks_latin(text):
            yield f"{quoted} has letters that look like Latin ones and are not{_odd(text)}."
        if blanks := [one for one in text if one != " " and unicodedata.category(one) == "Zs"]:
            yield f"{quoted} has a blank of another kind: {listed([*dict.fromkeys(map(unicodedata.name, blanks))], MOST)}."
        if any(unicodedata.bidirectional(one) in ("R", "AL") for one in text) and any(map(str.isascii, text)):
            yield f"{quoted} has letters that are written from right to left, so what is beside them may stand in another order here."


def _sent(operation: Operation) -> Iterator[tuple[str, str]]:
    """All that is sent as it was written, by the labels of the fields; of documents each key and each text."""
    for label, texts in operation.free_texts().items():
        yield from ((label, text) for text in texts)
    for field in operation.fields():
        document = getattr(operation, field.name) if field.flag.kind is FieldKind.DOCUMENT else None
        if document and not (document.isascii() and "\\u" not in document):
            yield from ((field.flag.label, text) for text in _strings(document))


def _strings(document: str) -> Iterator[str]:
    try:
        waiting = [load(document)]
    except ValueError:  # It is still in a file, or is refused for it.
        return
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def _looks_latin(text: str) -> bool:
    """Whether letters of several scripts stand in one word, or a whole word of another one could be Latin."""
    words = [word for word in WORD.findall(text) if not word.isascii()]
    return any(
        len(scripts(word)) > 1 or (scripts(word) not in ([], ["Latin"]) and skeleton(word).isascii()) for word in words
    )


def _short(text: str) -> str:
    """As much of a text as a sentence has room for."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _by_looks(named: Iterable[Thing]) -> dict[str, list[Thing]]:
    found: dict[str, list[Thing]] = defaultdict(list)
    for one in named:
        found[skeleton(one.name)].append(one)
    return found


def _shown(named: Named) -> str:
    return f"{named.name if isinstance(named, Account) else named.path} ({named.id})"


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
    named = [_named(character) for character in odd]
    return f" ({listed(named, MOST)})" if named else ""


def _named(character: str) -> str:
    return (
        f"{character} is {unicodedata.name(character, 'a character without a name')}"
        if is_visible(character)
        else f"{spelled(character)}, which nobody sees"
    )
