"""Whoever is no member learns nothing, by whatever way they come: one private sentence, nothing asked of AWS, nothing noted.

A valid request of somebody of whom Slack has told nothing lately is the one thing that is kept before Slack is asked: a worker
refuses it before it looks at it (`approvals/request/test_decide.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from approvals.authority.directory import Stranger
from approvals.models import HomeViewer, Interaction, Request
from handlers.commands import SHOWN
from handlers.submissions import ASKED
from operations.core.registry import by_name
from tests.harness.handling import ALICE, GENERAL, OTHER_TEAM, STRANGERS, TEAM, Handling
from tests.harness.organizations import with_policies

MOVE = "move-account --account fullback-staging --to /Workloads/Production"
CREATE = {"account_name": "fullback-mobile", "email": "mobile@example.com"}
SENTENCES = {
    "U0GUEST": Stranger.GUEST,
    "U0FOREIGN": Stranger.FOREIGN,
    "U0GONE": Stranger.DEACTIVATED,
    "U0APP": Stranger.APP,
    "U0NOBODY": Stranger.UNKNOWN,
}
COMMANDS = (
    "",
    "help",
    "help move-account",
    "nonsense",
    *SHOWN,
    "request 1",
    "account fullback-staging",
    "policy DenyLeave",
    "tree --picture",
    "requests --all",
    "create-account",
    "create-account --form",
    "create-account --help",
    "create-account --name wéb --email nobody",
    "credentials --account fullback-staging --role Nonesuch",
    "move-account --account nonesuch --to /",
    MOVE,  # Alice has asked for it already.
    f"{MOVE} --break-glass",
    *(f"{name} --break-glass" for name in by_name()),
)
BUTTONS = (
    ("look:next", json.dumps({"look": "accounts", "text": "", "at": 0})),
    ("look:picture", "r-1"),
    ("look:document", "p-FullAWSAccess"),
    ("look:effective", "222222222222 SERVICE_CONTROL_POLICY"),
    *((f"form:{name}", "{}") for name in by_name()),
    ("form:nonsense", "{}"),
    ("again", "1"),
    ("undo", "1"),
    ("again", "nonsense"),
    ("extend", "1"),
    ("details", "1"),
    ("approve", "nonsense"),
    ("deny", "nonsense"),
)
# On the card of Alice's request, with what its buttons carry.
REAL = ("details", "again", "edit", "undo", "code", "extend", "reveal")
PICKERS = ("account:account", "ou:to", "policy:policy", "target:target", "service:service")


@pytest.fixture
def open_day(handling: Handling) -> Handling:
    """An organization with policies, and one request of Alice's."""
    handling.organization = with_policies()
    handling.types(MOVE, user=ALICE)
    return handling


def said(handling: Handling) -> list[str]:
    """All that reached people beside the answer itself, by whatever way."""
    handling.work()
    bodies = [call.params for call in handling.slack.calls if call.method != "conversations.open"]
    assert all("view" not in body or body["view"]["type"] == "home" for body in bodies)
    return [str(body.get("text") or body["view"]["blocks"][0]["text"]["text"]) for body in bodies]


def nothing_was_noted(handling: Handling) -> None:
    """Alice's request is all that there is, and AWS was asked nothing."""
    with handling.store.read() as session:
        assert len(session.exec(select(Request)).all()) == 1
        assert not session.exec(select(HomeViewer)).all()
        assert not session.exec(select(Interaction)).all()
    assert handling.refreshed == 0
    assert handling.looked_up == []
    assert handling.live.asked == []


Way = Callable[[Handling, str, str], str]


def _command(text: str) -> Way:
    return lambda handling, user, team: handling.types(text, user=user, team=team)


def _button(action: str, value: str) -> Way:
    def press(handling: Handling, user: str, team: str) -> str:
        handling.presses(action, value, user=user, team=team, channel=GENERAL)
        return ""

    return press


def _real(action: str) -> Way:
    def press(handling: Handling, user: str, team: str) -> str:
        handling.presses(action, handling.button(), user=user, team=team)
        return ""

    return press


def _choice(action: str, chosen: str, block: str = "b") -> Way:
    def choose(handling: Handling, user: str, team: str) -> str:
        handling.presses(action, None, user=user, team=team, channel=GENERAL, chosen=chosen, block=block)
        return ""

    return choose


def _shortcut(message: dict[str, Any] | None) -> Way:
    def take(handling: Handling, user: str, team: str) -> str:
        handling.takes_shortcut(message, user=user, team=team)
        return ""

    return take


def _picker(action: str) -> Way:
    def look(handling: Handling, user: str, team: str) -> str:
        assert handling.looks_for(action, "f", user=user, team=team) == []
        return ""

    return look


def _home(handling: Handling, user: str, team: str) -> str:
    handling.opens_home(user, team_id=team)
    return ""


WAYS: dict[str, Way] = {
    **{f"/org {text}": _command(text) for text in COMMANDS},
    **{f"press {action} {value}": _button(action, value) for action, value in BUTTONS},
    **{f"pick {action}": _picker(action) for action in PICKERS},
    **{f"press {action} on the card": _real(action) for action in REAL},
    "choose what one wants": _choice("want", "create-account"),
    "choose a shell": _choice("shell", "powershell", "credentials:1"),
    "shortcut": _shortcut(None),
    "shortcut on a message": _shortcut({"ts": "1.1", "text": "please move fullback-staging", "user": ALICE}),
    "home": _home,
}


@pytest.mark.parametrize("lately", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("user", SENTENCES)
def test_by_no_way_does_a_stranger_learn_anything(open_day: Handling, user: str, *, lately: bool) -> None:
    team = OTHER_TEAM if user == "U0FOREIGN" else TEAM
    for name, way in WAYS.items():
        open_day.admission.__init__(open_day.people, lambda: open_day.now)  # type: ignore[misc]
        if lately:
            open_day.knows(user)
        before = len(said(open_day))
        answers = [text for text in (way(open_day, user, team), *said(open_day)[before:]) if text]
        wanted = [] if name.startswith("pick") else [SENTENCES[user].value]
        assert answers == wanted, name
        nothing_was_noted(open_day)


def forms(handling: Handling) -> dict[str, dict[str, Any]]:
    """Forms as members have them, one after the other."""
    found = {}
    for text in ("create-account --form", f"{MOVE} --form"):
        handling.types(text, user=ALICE)
        handling.work()
        found[text] = dict(handling.slack.made("views.open")[-1]["view"])
    handling.slack.calls.clear()
    return found


@pytest.mark.parametrize("user", SENTENCES)
@pytest.mark.parametrize("values", [CREATE, {"account_name": "x" * 60, "email": "nobody"}], ids=["right", "wrong"])
def test_forms_tell_a_known_stranger_the_same(open_day: Handling, user: str, values: dict[str, str]) -> None:
    form = forms(open_day)["create-account --form"]
    open_day.knows(user)
    assert list(open_day.submits(form, values, user=user).values()) == [SENTENCES[user].value]
    assert said(open_day) == []
    nothing_was_noted(open_day)


@pytest.mark.parametrize("user", SENTENCES)
def test_what_is_wrong_with_a_form_is_told_to_nobody_unknown(open_day: Handling, user: str) -> None:
    """The move is under way already: that, the rules and the organization are no business of a stranger's."""
    form = forms(open_day)[f"{MOVE} --form"]
    assert list(open_day.submits(form, {}, user=user).values()) == [ASKED]
    assert list(open_day.submits(form, {}, user="U0FOREIGN", team=OTHER_TEAM).values()) == [ASKED]
    open_day.work()
    assert list(open_day.submits(form, {}, user=user).values()) == [SENTENCES[user].value]
    nothing_was_noted(open_day)


def test_every_kind_of_stranger_is_in_the_sweep() -> None:
    assert set(SENTENCES.values()) == set(Stranger)
    assert set(SENTENCES) == set(STRANGERS)
