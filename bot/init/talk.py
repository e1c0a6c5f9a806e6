"""How `orgbot init` talks: questions with a default, answers kept in `.env`, what is wrong said with the way out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import typer
from dotenv import dotenv_values, set_key

from bot.checks.findings import sentence

T = TypeVar("T")
FOUND_MOST = 15
"""Channels that are listed at a time."""
PLAIN = re.compile(r"[\w@.,:;/+=-]+", re.ASCII)
"""What stands in `.env` without quotes: `docker run --env-file` and `kubectl create secret` take them for a part of the value."""
SHOWN_MOST = 40
"""Lines of a file that are shown before it is written; of a longer one half as many."""


class Talk:
    """One conversation on a terminal, about the settings of one folder; `anew` asks for what is kept as well."""

    def __init__(self, folder: Path, *, anew: bool = False) -> None:
        self.folder = folder
        self.anew = anew
        self._file = folder / ".env"

    def value(self, name: str) -> str:
        """A setting as it stands now, in the environment or in `.env`; empty where there is none."""
        kept = dotenv_values(self._file, interpolate=False) if self._file.exists() else {}
        return (os.environ.get(name) or kept.get(name) or "").strip()

    def kept(self, name: str) -> str:
        """The same, where it may stay as it is; empty where everything is asked again."""
        return "" if self.anew else self.value(name)

    def keep(self, name: str, value: str) -> None:
        """Writes a setting into `.env`, which only its owner can read."""
        self._file.touch(mode=0o600)
        self._file.chmod(0o600)
        set_key(self._file, name, value, quote_mode="never" if PLAIN.fullmatch(value) else "always")

    def heading(self, number: int, of: int, title: str) -> None:
        typer.echo(f"\n{number} of {of}  {title}\n")

    def say(self, text: str = "") -> None:
        typer.echo(f"  {text}" if text else "")

    def right(self, text: str) -> None:
        typer.echo(f"  ok      {text}")

    def wrong(self, text: str) -> None:
        typer.echo(f"  NOT OK  {text}")

    def pause(self, text: str) -> None:
        """Waits until somebody has done something elsewhere."""
        typer.prompt(f"  {text}, then press Enter", default="", show_default=False, prompt_suffix=" ")

    def yes(self, question: str, *, default: bool = True) -> bool:
        return typer.confirm(f"  {question}", default=default)

    def ask(self, question: str, default: str = "", *, secret: bool = False) -> str:
        """One answer, without the space around it; the default may be empty."""
        answer = typer.prompt(
            f"  {question}", default=default, hide_input=secret, show_default=bool(default) and not secret
        )
        return str(answer).strip()

    def number(self, question: str, default: int, least: int, most: int) -> int:
        """A number between two others, asked for until it is one."""
        while True:
            answer = self.ask(question, str(default))
            if answer.isdecimal() and least <= int(answer) <= most:
                return int(answer)
            self.wrong(f"“{answer}” is no number from {least} to {most}; give another")

    def checked(self, question: str, check: Callable[[str], object], default: str = "") -> str:
        """An answer that `check` finds right, asked for until it is; `check` raises as in `setting`."""
        while True:
            answer = self.ask(question, default)
            try:
                check(answer)
            except Exception as error:  # noqa: BLE001 - As in `orgbot check`: whatever is wrong becomes a line.
                self.wrong(sentence(error))
            else:
                return answer

    def setting(self, name: str, question: str, check: Callable[[str], str], *, secret: bool = False) -> str:
        """A setting that `check` finds right: the one that is kept, or one that is asked for until it is.

        `check` gives what is said of it, and raises whatever `orgbot check` can put into a sentence.
        """
        kept = self.kept(name)
        if kept and self._is_right(kept, check, "kept"):
            return kept
        while True:
            answer = self.ask(question, secret=secret)
            if answer and self._is_right(answer, check):
                self.keep(name, answer)
                return answer

    def _is_right(self, answer: str, check: Callable[[str], str], how: str = "") -> bool:
        try:
            said = check(answer)
        except Exception as error:  # noqa: BLE001 - As in `orgbot check`: whatever is wrong becomes a line.
            self.wrong(sentence(error))
            return False
        self.right(f"{said} ({how})" if how else said)
        return True

    def choose(self, question: str, among: Sequence[T], name: Callable[[T], str]) -> T:
        """One of these, by its number or a part of its name."""
        shown = list(among)
        while True:
            for number, one in enumerate(shown[:FOUND_MOST], 1):
                self.say(f"{number:>3}. {name(one)}")
            if len(shown) > FOUND_MOST:
                self.say(f"     and {len(shown) - FOUND_MOST} more; type a part of the name")
            answer = self.ask(question)
            if answer.isdecimal() and 1 <= int(answer) <= min(len(shown), FOUND_MOST):
                return shown[int(answer) - 1]
            fitting = [one for one in among if answer.lower().lstrip("#@") in name(one).lower()]
            if len(fitting) == 1:
                return fitting[0]
            if not fitting:
                self.wrong(f"nothing has “{answer}” in its name; give a number, or a part of a name")
            shown = fitting or list(among)

    def write(self, name: str, text: str, what: str) -> bool:
        """Writes a file beside `.env`, after its text was shown and somebody agreed; an older one needs a yes as well. Gives
        whether the text stands in the file.
        """
        path = self.folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            self.right(f"{name} is as it should be (kept)")
            return True
        lines = text.splitlines()
        shown = (
            lines
            if len(lines) <= SHOWN_MOST
            else [*lines[: SHOWN_MOST // 2], f"… and {len(lines) - SHOWN_MOST // 2} lines more"]
        )
        for line in shown:
            self.say(f"| {line}")
        agreed = self.yes(f"Write this into {name}{' in place of what is there' if path.exists() else ''}? ({what})")
        if agreed:
            path.write_text(text, encoding="utf-8")
            self.right(f"{name} is written")
        return agreed
