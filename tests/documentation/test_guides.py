"""The commands of `orgbot` that the guides have, carried out as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path

from sandbox.sandbox import sandbox
from tests.documentation.test_blocks import shell_lines
from tests.harness.forking import fork, run


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
