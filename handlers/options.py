"""Type-ahead: accounts and organizational units from the cached picture, in memory, quick at ten thousand accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App

from handlers.forms import option
from handlers.front import Front
from operations.fields import Kind
from operations.organization import Organization
from operations.registry import all_operations

MOST = 100
PICKED = (Kind.ACCOUNT, Kind.OU)


@dataclass(frozen=True)
class Entry:
    """Something to pick: its id, how it is shown, and the folded text that is searched."""

    id: str
    shown: str
    folded: str


class Suggestions:
    """The entries of the newest picture; made once per picture."""

    def __init__(self) -> None:
        self._of: Organization | None = None
        self._entries: dict[Kind, list[Entry]] = {}

    def find(self, organization: Organization, kind: Kind, text: str) -> list[Entry]:
        """At most a hundred entries that hold every word of `text`; those that begin with it come first."""
        if self._of is not organization:
            self._entries = {Kind.ACCOUNT: _accounts(organization), Kind.OU: _units(organization)}
            self._of = organization
        wanted = text.casefold().split()
        hits = [entry for entry in self._entries[kind] if all(word in entry.folded for word in wanted)]
        first = wanted[0] if wanted else ""
        return sorted(hits, key=lambda entry: not entry.folded.startswith(first))[:MOST]


def _accounts(organization: Organization) -> list[Entry]:
    return sorted(
        (
            Entry(a.id, f"{a.name} ({a.id})", f"{a.name} {a.id} {a.email} {organization.path_of(a.parent)}".casefold())
            for a in organization.accounts
        ),
        key=lambda entry: entry.folded,
    )


def _units(organization: Organization) -> list[Entry]:
    return sorted(
        (Entry(u.id, u.path, f"{u.path} {u.id}".casefold()) for u in organization.units), key=lambda e: e.folded
    )


def register_options(app: App, front: Front) -> None:
    """Registers the type-ahead of every field that picks an account or an OU."""
    suggestions = Suggestions()
    for name, kind in _picking():

        @app.options(name)
        def suggest(ack: Ack, payload: dict[str, Any], kind: Kind = kind) -> None:
            organization = front.organization()
            found = suggestions.find(organization, kind, str(payload.get("value", ""))) if organization else []
            ack(options=[option(entry.shown, entry.id) for entry in found])


def _picking() -> Iterable[tuple[str, Kind]]:
    return dict.fromkeys(
        (field.name, field.flag.kind)
        for operation in all_operations()
        for field in operation.fields()
        if field.flag.kind in PICKED
    )
