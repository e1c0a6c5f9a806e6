"""The steps of `orgbot init`, in their order."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from bot.checks.findings import sentence
from bot.checks.run import run_checks
from bot.config.settings import aws_variables
from bot.init import aws, rules, slack
from bot.init.talk import Talk

UNFINISHED = 1
TITLES = (
    "The Slack app",
    "Its tokens",
    "The approval channel",
    "Who approves",
    "The rules",
    "AWS",
    "A card on trial",
    "Check",
)


def run_init(folder: Path, *, anew: bool) -> int:
    """The whole set-up in a folder; the exit code is that of `orgbot check` at the end."""
    talk = Talk(folder, anew=anew)
    talk.say("This sets orgbot up in this folder. Nothing is done without being said first; answers are kept in .env,")
    talk.say("which you alone can read. Ctrl-C ends it; the next `orgbot init` goes on from there.")
    os.environ.update(aws_variables(os.environ, folder / ".env"))
    try:
        _steps(talk)
    except (typer.Abort, KeyboardInterrupt):
        talk.say()
        talk.say("Ended. The next `orgbot init` goes on from there.")
        return UNFINISHED
    except Exception as error:  # noqa: BLE001 - As in `orgbot check`: a missing scope, a folder that only can be read, no network.
        talk.wrong(sentence(error))
        talk.say("Mend this, and type `orgbot init` again: it goes on from there.")
        return UNFINISHED
    talk.heading(len(TITLES), len(TITLES), TITLES[-1])
    failed = run_checks()
    talk.say()
    talk.say(
        "Mend what is NOT OK, and type `orgbot check` again." if failed else "All is well. Start the bot: orgbot run"
    )
    return failed


def _steps(talk: Talk) -> None:
    headings = iter(enumerate(TITLES, 1))

    def heading() -> None:
        number, title = next(headings)
        talk.heading(number, len(TITLES), title)

    heading()
    slack.make_app(talk)
    heading()
    client = slack.give_tokens(talk)
    heading()
    channel = slack.choose_channel(talk, client)
    heading()
    approvers = slack.name_approvers(talk, client)
    heading()
    rules.write_rules(talk, approvers)
    heading()
    aws.look_at_aws(talk)
    heading()
    slack.try_a_card(talk, client, channel)
