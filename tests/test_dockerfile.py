"""The Dockerfile, read as its engine would read it: who runs, what is copied, how its health is asked."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.config.settings import load_settings, names

ROOT = Path(__file__).parents[1]
Instruction = tuple[str, str]
INSTALLS = re.compile(r"\bpip\b.*\binstall\b")


def instructions() -> list[Instruction]:
    """(INSTRUCTION, rest) in order, with continued lines joined and comments left out."""
    lines = [
        line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def final_stage() -> list[Instruction]:
    every = instructions()
    return every[max(index for index, (word, _) in enumerate(every) if word == "FROM") :]


def only(word: str) -> str:
    (rest,) = [rest for found, rest in final_stage() if found == word]
    return rest


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for word, rest in final_stage() if word == "ENV" for pair in shlex.split(rest))


def copied() -> list[str]:
    """What comes from the repository."""
    found = [shlex.split(rest) for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
    return [source for words in found for source in words[:-1]]


def test_it_is_slim_and_of_a_named_version() -> None:
    images = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert len(images) > 1
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in images)


def test_nothing_is_built_in_the_image_that_runs() -> None:
    assert not any(INSTALLS.search(rest) for word, rest in final_stage() if word == "RUN")


def test_it_runs_as_nobody_in_particular() -> None:
    user, _, group = only("USER").partition(":")
    assert min(int(user), int(group)) >= 1000


def test_the_database_is_on_a_volume_that_its_user_may_write() -> None:
    volume = only("VOLUME")
    assert environment()["DATABASE_URL"] == f"sqlite:///{volume}/orgbot.db"
    user = only("USER").partition(":")[0]
    assert any(re.search(rf"install -d -o {user} .*{volume}\b", rest) for word, rest in final_stage() if word == "RUN")
    order = [word for word, _ in final_stage()]
    assert order.index("RUN") < order.index("VOLUME")


def test_it_listens_outwards_on_the_port_that_it_exposes() -> None:
    assert environment()["HOST"] == "0.0.0.0"  # noqa: S104  Inside a container this is the only way to be reached.
    assert environment()["PORT"] == only("EXPOSE")


def test_its_settings_are_settings_of_orgbot() -> None:
    ours = {name: value for name, value in environment().items() if name in names()}
    needed = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "ORGBOT_APPROVERS": "U1",
        "ORGBOT_APPROVAL_CHANNEL": "C1",
    }
    assert set(ours) == {"DATABASE_URL", "HOST", "PORT"}
    assert load_settings({**needed, **ours}, "no-such-file").port == 3000


def test_it_starts_orgbot_and_stops_it_gently() -> None:
    assert json.loads(only("ENTRYPOINT")) == ["orgbot"]
    assert json.loads(only("CMD")) == ["run"]
    assert only("STOPSIGNAL") == "SIGTERM"


def test_packages_come_from_the_lock_with_their_hashes() -> None:
    installs = [
        part for word, rest in instructions() if word == "RUN" for part in rest.split("&&") if INSTALLS.search(part)
    ]
    assert any("requirements/run.txt" in part for part in installs)
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_what_it_copies_exists_and_is_not_ignored() -> None:
    ignore = [
        line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
    ]
    for source in copied():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignore, source
    assert ignore[0] == "*"
    assert any(fnmatch("bot/.env", pattern) for pattern in ignore[ignore.index("*") + 1 :])


def test_every_package_of_the_wheel_but_the_sandbox_is_copied() -> None:
    packages = re.search(r"^packages = (\[.*\])$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    assert set(json.loads(packages[1])) - set(copied()) == {"sandbox"}, "the sandbox alone stays outside"


class Healthy(BaseHTTPRequestHandler):
    """Answers /healthz with what `status` says."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_its_health_is_the_answer_of_healthz(status: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    command = json.loads(only("HEALTHCHECK").partition("CMD ")[2])
    monkeypatch.setattr(Healthy, "status", status)
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        environ = {"PORT": str(server.server_port)}
        done = subprocess.run([sys.executable, *command[1:]], env=environ, capture_output=True, check=False, timeout=60)  # noqa: S603  The command is ours.
        thread.join()
    assert command[0] == "python"
    assert done.returncode == code
