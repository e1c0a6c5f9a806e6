"""The commands of `orgbot` that the guides have, carried out as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path

from sandbox.sandbox import sandbox
from tests.documentation.pages import blocks
from tests.documentation.test_blocks import shell_lines
from tests.harness.forking import fork, run
from tests.harness.scenario import PATIENCE, QUICK


def typed(page: str) -> list[str]:
    """What a page has people type in Slack."""
    return [block.text for block in blocks() if block.page == page and block.text.startswith("/org ")]


def test_the_commands_of_the_guides_do_what_they_say(tmp_path: Path) -> None:
    """One after the other in one folder, over a bot's database; what one writes another reads. `init` and `run` have tests of their own."""
    lines = [line.removeprefix(".venv/bin/") for _, line in shell_lines()]
    wanted = [line for line in lines if line.startswith("orgbot ") and line.split()[1] not in {"init", "run"}]
    with sandbox(mode="socket", launch=fork) as place:
        bot = place.start_bot()
        place.slack.person("alice").types("/org move --account fullback-audit --to /Workloads --reason tidy")
        place.slack.wait_for(lambda: place.slack.messages("aws-approvals"), what="the card")
        bot.kill()
        here = {"PATH": "/usr/bin", **place.environment()}
        database = f"sqlite:///{tmp_path / 'restored.db'}"
        for line in wanted:
            if line == "orgbot restore --release":  # The guide has the bot started before.
                place.start_bot(DATABASE_URL=database).kill()
            command, _, target = line.partition(" > ")
            words = shlex.split(command)[1:]
            answer = run(words, {**here, "DATABASE_URL": database} if words[0] == "restore" else here, tmp_path)
            assert answer.returncode == 0, (line, answer.stdout, answer.stderr)
            if target:
                (tmp_path / target).write_text(answer.stdout, encoding="utf-8")
    assert {"orgbot.backup", "restored.db", "records.jsonl"} <= {file.name for file in tmp_path.iterdir()}


def test_by_the_tutorials_rules_alice_needs_nobody_in_staging(tmp_path: Path) -> None:
    (rules,) = [block.text for block in blocks() if (block.page, block.language) == ("docs/tutorial.md", "toml")]
    (asked,) = [line for line in typed("docs/tutorial.md") if "--name" in line]
    (tmp_path / "rules.toml").write_text(rules, encoding="utf-8")
    with sandbox(mode="socket", creation_seconds=0.1, launch=fork) as place:
        bot = place.start_bot(**(QUICK | {"ORGBOT_RULES": str(tmp_path / "rules.toml")}))
        alice = place.slack.person("alice")
        assert alice.types(asked).error is None
        place.slack.wait_for(lambda: "is ready" in str(alice.dms), PATIENCE, "the account")
        bot.kill()
