"""The picture outlives the process; a file that is broken or cannot be written harms nobody."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

from bot.aws import Boto3Clients
from bot.snapshot.cache import SnapshotCache
from bot.snapshot.file import SnapshotFile
from operations.aws.client import Aws
from sandbox.aws.server import AwsSandbox
from tests.harness.clock import Clock
from tests.harness.organizations import longest, with_policies


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = SnapshotFile(tmp_path / "picture.json")
    assert kept.load() is None
    for organization in (with_policies(), longest("&"), longest("語")):
        kept.save(organization)
        assert kept.load() == organization


def test_only_the_owner_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    kept = SnapshotFile(tmp_path / "picture.json")
    kept.save(with_policies())
    kept.save(with_policies())
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_broken_file_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "picture.json"
    for content in (b"", b"{", b"{}", b"\xff", b'{"id": 1}', b"[" * 100_000):
        path.write_bytes(content)
        assert SnapshotFile(path).load() is None


def test_a_place_that_cannot_be_written_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    SnapshotFile(tmp_path / "folder").save(with_policies())
    SnapshotFile(tmp_path / "nowhere" / "picture.json").save(with_policies())
    assert SnapshotFile(tmp_path / "folder").load() is None
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_next_process_begins_with_it_while_aws_is_away(aws: AwsSandbox, tmp_path: Path) -> None:
    clock, kept = Clock(), SnapshotFile(tmp_path / "picture.json")
    first = SnapshotCache(Aws(Boto3Clients()), clock, timedelta(minutes=5), kept)
    first.refresh()
    second = SnapshotCache(Aws(Boto3Clients()), clock, timedelta(minutes=5), kept)
    assert second.latest() == first.latest() is not None
    assert second.due(), "it is read anew at once"
    assert second.problem, "and until then it says that it has not been"
