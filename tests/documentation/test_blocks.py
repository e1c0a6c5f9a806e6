"""Every block of code that people are told to use: it is run, or its tool reads it, or it says why neither can be.

A new block in another language, or a line of a shell that nothing here knows, fails until somebody says how it is proven.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import typer
from dotenv import dotenv_values

from approvals.models import Request
from approvals.states import Status
from bot.cli import app
from bot.config.rules_file import rules_of
from bot.config.settings import load_settings, names
from handlers.parser import QUERIES, ParseError, parse, split
from handlers.query_names import meant
from operations.core.base import Operation
from operations.core.registry import all_operations, by_name
from tests.documentation.pages import ROOT, Block, blocks, spans
from tests.documentation.story import FIRST
from tests.harness.tables import each_of
from tests.harness.workers import Workers
from tests.test_packaging import make

# What no test can run, and why. An entry that no page has any more fails, too.
ELSEWHERE = {
    "git clone <this repository> orgbot && cd orgbot": "the repository has no address of its own",
    "python3 -m venv .venv": "Python's own; the image's test does the same",
    ".venv/bin/pip install <the clone>": "the image's test installs the wheel, with what is locked",
    ".venv/bin/pip install <a clone of the repository, or its wheel>": "likewise",
    ".venv/bin/pip install '<the clone>[postgres]'": "it is in no registry; run.txt has the extra, which the image's test installs",
    "docker build -t orgbot .": "needs an engine; the image's test runs the Dockerfile's steps",
    "docker tag orgbot 111111111111.dkr.ecr.us-east-1.amazonaws.com/orgbot:0.1.0": "needs an engine",
    "docker push 111111111111.dkr.ecr.us-east-1.amazonaws.com/orgbot:0.1.0": "likewise, and a registry",
    "docker run --detach --name orgbot --restart unless-stopped --env-file .env --volume orgbot:/data "
    "--publish 127.0.0.1:3000:3000 orgbot": "likewise; tests/deploy holds volume and port against the image",
    "docker exec orgbot orgbot check": "likewise",
    'echo "POSTGRES_PASSWORD=$(openssl rand -hex 16)" >> .env': "a shell's and OpenSSL's own; tests/test_compose.py has the name",
    "docker compose up --build --detach": "needs an engine; tests/test_compose.py reads the file",
    "docker compose exec bot-1 orgbot check": "likewise",
    "kubectl create secret generic orgbot --from-env-file=.env": "needs a cluster; tests/deploy holds the name",
    "kubectl create configmap orgbot-rules --from-file=rules.toml": "likewise",
    "kubectl apply -f deploy/kubernetes.yaml": "needs a cluster; tests/deploy has the manifest validated",
    "kubectl rollout status deployment/orgbot": "likewise",
    "kubectl exec deployment/orgbot -- orgbot check": "likewise",
    "aws eks create-pod-identity-association --cluster-name main --namespace default --service-account orgbot --role-arn "
    "arn:aws:iam::111111111111:role/orgbot": "needs an AWS account; tests/deploy holds the names",
    "aws secretsmanager create-secret --name orgbot --secret-string file://secret.json": "likewise",
    "aws cloudformation deploy --template-file orgbot-role.yaml --stack-name orgbot-role --capabilities CAPABILITY_NAMED_IAM": "likewise; "
    "tests/bot/init has the template linted",
    "aws cloudformation deploy --template-file deploy/ecs.yaml --stack-name orgbot --capabilities CAPABILITY_IAM "
    "--parameter-overrides file://parameters.json": "needs an AWS account; tests/deploy has the template linted",
    "kill -HUP \"$(pgrep -f 'orgbot run')\"": "tests/bot/test_signals.py and the scenarios send the signal",
    "openssl rand -hex 32": "OpenSSL's own",
}
SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "ORGBOT_APPROVAL_CHANNEL": "C1",
    "ORGBOT_APPROVERS": "U1",
}
IN_SLACK = {"/invite @orgbot"}  # Slack's own command.
OF_OTHER_ORGANIZATIONS = {
    "create-organization",
    "enable-all-features",
}  # The sandbox's has been founded, with all features.


def of(*languages: str) -> list[Block]:
    return [block for block in blocks() if block.language in languages]


def every(found: list[Block]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("block", found, ids=lambda block: f"{block.page}:{block.text[:30]!r}")


def test_every_block_is_of_a_kind_that_is_proven_here() -> None:
    kinds = {"toml", "python", "ini", "sh", "json", "dockerfile", ""}  # JSON and Dockerfiles: tests/deploy.
    odd = [block for block in blocks() if block.language not in kinds and not block.language.startswith("{toctree}")]
    assert odd == [], "say in tests/documentation/test_blocks.py how such a block is proven"


@every(of("python"))
def test_python_can_be_compiled(block: Block) -> None:
    compile(block.text, block.page, "exec")


@every(of("toml"))
def test_rules_can_be_read(block: Block) -> None:
    assert rules_of(tomllib.loads(block.text)).rules


@every(of("ini"))
def test_settings_can_be_read(block: Block) -> None:
    given = {name: value or "" for name, value in dotenv_values(stream=StringIO(block.text)).items()}
    assert given.keys() <= set(names())
    load_settings(SETTINGS | given, ROOT / "no-such-file")


def shell_lines() -> list[tuple[str, str]]:
    return [
        (block.page, line.partition("  #")[0].strip())
        for block in blocks()
        if block.language == "sh" or (not block.language and block.text.startswith("make "))
        for line in block.text.splitlines()
        if line.strip()
    ]


@each_of(("page", "line"), shell_lines())
def test_a_line_of_the_shell_is_one(page: str, line: str) -> None:
    if line in ELSEWHERE:
        return
    word, *rest = shlex.split(line.partition(" > ")[0])
    if word == "make":
        assert make("--dry-run", *rest)
    else:
        assert word.removeprefix(".venv/bin/") == "orgbot", f"{page}: nobody has said how `{line}` is proven"
        _parsed(rest)


BOLD = re.compile(r"(?<![\n*])(?<!- )\*\*([A-Z][^*\n]*[^*\n.])\*\*")
FOR_PEOPLE = ("docs/tutorial.md", "docs/how-to/ask.md", "docs/how-to/on-call.md", "docs/how-to/credentials.md")


def test_a_button_that_a_guide_names_is_there() -> None:
    named = {label for page in FOR_PEOPLE for label in BOLD.findall((ROOT / page).read_text(encoding="utf-8"))}
    assert len(named) > 10
    rooms = ("approvals", "handlers", "operations")
    source = "".join(file.read_text(encoding="utf-8") for room in rooms for file in (ROOT / room).rglob("*.py"))
    assert {label for label in named if f'"{label}"' not in source} == set()


def test_nothing_is_excused_that_no_page_has() -> None:
    assert ELSEWHERE.keys() - {line for _, line in shell_lines()} == set()


def _found(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words behind its name."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def _parsed(words: list[str]) -> None:
    """`orgbot` with these words: the command is there, and takes what is given."""
    command, rest = _found(words)
    with command.make_context("orgbot", rest):
        assert not getattr(command, "commands", {})


def commands_in_sentences() -> list[tuple[str, str]]:
    return sorted({(page, text) for page, text in spans() if re.match(r"(\.venv/bin/)?orgbot [a-z]", text)})


@each_of(("page", "text"), commands_in_sentences())
def test_a_command_within_a_sentence_has_these_options(page: str, text: str) -> None:
    command, rest = _found(shlex.split(text)[1:])
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options, page


def typed_blocks() -> list[Block]:
    return [block for block in of("") if block.text.startswith("/")]


@every(typed_blocks())
def test_what_is_typed_in_slack_works_in_the_sandbox(workers: Workers, block: Block) -> None:
    for line in block.text.splitlines():
        if line not in IN_SLACK:
            assert line.startswith("/org "), line
            _typed(workers, line.removeprefix("/org "))


def test_the_tutorial_is_played_to_its_end(workers: Workers) -> None:
    """What it asks for is there when it is looked at."""
    lines = [block.text for block in typed_blocks() if block.page == "docs/tutorial.md"]
    (asked,) = [line for line in lines if "--name" in line]
    request = _asked(workers, asked.removeprefix("/org "))
    workers.work()
    workers.click(request, "approve", "U0BOB")
    assert workers.until_done(request).status == Status.SUCCEEDED
    workers.look_again()
    looked = [line.removeprefix("/org account ") for line in lines if line.startswith("/org account ")]
    assert looked
    assert set(looked) <= {account.name for account in workers.snapshot.accounts}


@each_of(("page", "text"), [(p, t) for p, t in spans() if t.startswith("/org ")])
def test_what_is_typed_within_a_sentence_can_be_read(page: str, text: str) -> None:
    word, _ = split(text.removeprefix("/org ").replace("…", "").strip())
    if word and meant(word) not in QUERIES:
        assert word in by_name(), f"{page}: there is no {word}"


@pytest.mark.parametrize("operation", all_operations(), ids=lambda operation: operation.name)
def test_every_example_of_the_help_works_in_the_sandbox_as_it_stands(
    workers: Workers, operation: type[Operation]
) -> None:
    if operation.name in OF_OTHER_ORGANIZATIONS:
        return
    before = FIRST.get(operation.name)
    if before:
        request = _asked(workers, f"{before} {by_name()[before].example}")
        workers.work()
        workers.click(request, "approve", "U0BOB")
        assert workers.until_done(request).status == Status.SUCCEEDED
        workers.look_again()
    _typed(workers, f"{operation.name} {operation.example}")


def _typed(workers: Workers, text: str) -> None:
    """It is a look, it opens its form, or it is put before approvers."""
    word, _ = split(text)
    if meant(word) in QUERIES:
        return
    command = parse(text)
    if command.wants_form() or command.given.break_glass:
        return
    request = _asked(workers, text)
    workers.work()
    assert workers.request(request.id).status == Status.PENDING, workers.said("dm")


def _asked(workers: Workers, text: str) -> Request:
    command = parse(text)
    values: dict[str, Any] = {**command.given.values}
    return workers.ask(command.operation.name, **values)


def test_a_wrong_example_would_be_found(workers: Workers) -> None:
    with pytest.raises(ParseError):
        _typed(workers, "create-acount --name x")
