"""The home tab is right for each person, and follows what happens without being opened again."""

from __future__ import annotations

import json

from tests.scenarios.scene import PATIENCE, Scene


def sees(play: Scene, name: str, *words: str) -> str:
    """The person's home tab, once it has all of these words."""

    def shown() -> str:
        text = json.dumps(play.person(name).home)
        return text if all(word in text for word in words) else ""

    return play.slack.wait_for(shown, PATIENCE, f"{words} on {name}'s home tab")


def test_it_follows_a_request_from_the_card_to_its_end(play: Scene) -> None:
    for name in ("alice", "bob", "dave"):
        play.person(name).opens_home()
        sees(play, name, "0 waiting for you")

    play.ask()
    sees(play, "bob", "1 waiting for you", "|#1>")
    sees(play, "alice", "0 waiting for you, 1 for others", "Waiting for approval")
    sees(play, "dave", "0 waiting for you, 1 for others")

    play.press("Approve", "bob")
    play.done()
    sees(play, "alice", "Done", "0 running")
    sees(play, "bob", "0 waiting for you; 0 running")
