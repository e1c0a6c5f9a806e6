"""Each operation by its form: as it is opened with what was typed, it can be sent, and becomes the same request as the command."""

from __future__ import annotations

import re
import shlex

import pytest

from operations.core.registry import all_operations, by_name
from sandbox.aws.server import AwsSandbox
from tests.documentation.playing import played
from tests.documentation.story import BEFORE, FIRST, WHY, asked_for, done, nothing

MADE_UP = re.compile(r" \(.*|\bo-[a-z0-9]{10}")  # Ids are new in each play.


def by_hand(name: str) -> dict[str, str]:
    """What a form never holds beforehand, because it is typed to confirm."""
    words = shlex.split(asked_for(name))
    typed = [field.name for field in by_name()[name].fields() if field.flag.by_hand]
    return {field: words[words.index(f"--{field}") + 1] for field in typed}


@pytest.mark.parametrize("name", [operation.name for operation in all_operations()])
def test_by_form_and_by_command_it_is_the_same_request(aws: AwsSandbox, name: str) -> None:
    asked = []
    for way in (" --form", WHY):
        with played(aws) as play:
            BEFORE.get(name, nothing)(play)
            if name in FIRST:
                done(play, asked_for(FIRST[name]))
            play.says("alice", asked_for(name) + way)
            if way != WHY:
                play.sends("alice", reason="", **by_hand(name))
            asked.append(play.intake.recent(live=True)[0])
    by_form, typed = asked
    assert (by_form.operation, by_form.status) == (name, "pending")
    assert MADE_UP.sub("", by_form.title) == MADE_UP.sub("", typed.title)
    assert by_form.params.keys() == typed.params.keys()
