"""How many files a change touches is what docs/where-what-belongs.md says: an operation is one file, a sentence stands in one."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import approvals
import operations.tree
from approvals.authority.rules import Rule
from approvals.dispatcher import JOBS
from approvals.queue.worker import Job
from bot.config.rules_file import RuleEntry, rules_of
from operations.core import registry
from sandbox.aws.server import AwsSandbox
from tests.documentation.messages import sentences_in_code
from tests.documentation.pages import blocks
from tests.documentation.playing import Play, played
from tests.documentation.reference import commands

PAGE = "docs/how-to/add-an-operation.md"
WORKLOADS = "/Workloads"
A_SENTENCE = 40  # Characters. Shorter ones, such as "Ask again.", are words that many sentences are made of.


@contextmanager
def added(folder: Path) -> Iterator[ModuleType]:
    """The file of the guide in a room of operations/, as whoever follows it puts it there; afterwards no registry knows of it."""
    (text,) = [block.text for block in blocks() if (block.page, block.language) == (PAGE, "python")]
    (folder / "note_ou.py").write_text(text, encoding="utf-8")
    operations.tree.__path__.append(str(folder))
    forget()
    registry.all_operations()
    module = sys.modules["operations.tree.note_ou"]
    try:
        yield module
    finally:
        operations.tree.__path__.remove(str(folder))
        module.NoteOu.__module__ = "a test's"
        del sys.modules[module.__name__], operations.tree.note_ou  # type: ignore[attr-defined]
        forget()


def forget() -> None:
    registry.all_operations.cache_clear()
    registry.by_name.cache_clear()


def read(play: Play) -> str:
    """All that has been shown since it was read last."""
    shown = "\n".join("\n".join([entry.head, *entry.lines]) for entry in play.slack.entries)
    play.slack.entries.clear()
    return shown


def test_an_operation_is_one_file(aws: AwsSandbox, tmp_path: Path) -> None:
    with added(tmp_path) as module, played(aws) as play:
        play.says("alice", "help note-ou")
        assert "Writes a note on an organizational unit." in read(play)
        play.says("alice", f"note-ou --ou {WORKLOADS}")
        assert "A form opens" in read(play)
        play.sends("alice", note="Of the web team", reason="so that people ask them")
        assert f"#1 Note on {WORKLOADS}" in read(play)
        play.clicks_on("bob", "Approve")
        play.passes(minutes=5)
        assert f"The note on {WORKLOADS} is there." in read(play)
        (request,) = play.intake.recent()
        assert (request.operation, request.status) == ("note-ou", "succeeded")
        play.says("alice", f'note-ou --ou {WORKLOADS} --note "Of the data team" --reason moved')
        assert f"#2 Note on {WORKLOADS}" in read(play)
        play.says("alice", "note-ou --ou /Nowhere --note x --reason y")
        assert "No OU named “/Nowhere”" in read(play)
        assert rules_of({"rule": [{"name": "notes", "operations": ["note-ou"], "approvals": 0}]}).offers("note-ou")
        assert module.NoteOu.permissions[0] in registry.all_permissions()
        assert "note-ou" in commands()
    assert "note-ou" not in registry.by_name()


def test_a_key_of_the_rules_is_said_once_and_meant_once() -> None:
    """`bot/config/rules_file.py` reads and explains it, `approvals/authority/rules.py` has what it means: by one name, handed on as it is."""
    of_its_own = {"approvals_if_able"}  # What holds without a rules file.
    assert {key.name for key in fields(Rule)} - of_its_own == {*RuleEntry.model_fields}


def test_a_sentence_stands_in_one_file() -> None:
    places = defaultdict(set)
    for module, sentences in sentences_in_code():
        for sentence in sentences:
            places[" ".join(sentence.split())].add(module)
    longest = {said: sorted(files) for said, files in places.items() if len(said) >= A_SENTENCE and said[:2] != "--"}
    assert {said: files for said, files in longest.items() if len(files) > 1} == {}


def test_a_job_is_declared_where_its_work_is_and_named_in_the_dispatcher() -> None:
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(approvals.__path__, "approvals.")]
    declared = {id(value): name for module in modules for name, value in vars(module).items() if isinstance(value, Job)}
    assert [name for known, name in declared.items() if known not in {id(job) for job in JOBS}] == []
    assert len(declared) == len(JOBS)
