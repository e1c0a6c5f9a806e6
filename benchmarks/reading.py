"""Targets 4 and 5: how many calls a whole organization and a round of polling take, and how quick the type-ahead is."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.table import Row
from bot.aws import Boto3Clients
from handlers.options import Index
from operations.accounts.open_account import creations_under_way
from operations.aws.client import Aws
from operations.core.fields import FieldKind
from operations.core.steps import Shared, World
from operations.snapshot.organization import Organization
from operations.snapshot.reader import read_organization
from sandbox.aws.server import AwsSandbox

ACCOUNTS, UNITS = 2000, 200
CREATIONS = 100
TYPED = ("", "a", "account 12", "workloads", "nothing like that")
QUICK = 50.0


def rows() -> Iterator[Row]:
    """Calls against the least number of pages, and the slowest of some type-aheads against 50 ms."""
    with AwsSandbox(creation_seconds=3600) as aws:
        os.environ.update(aws.environment())
        reader = Aws(Boto3Clients())
        yield _polling(aws, reader)
        aws.reset()
        aws.grow(accounts=ACCOUNTS, ous=UNITS)
        yield _whole(aws, reader)
        aws.grow(accounts=10_000 - ACCOUNTS, ous=1_000 - UNITS)
        yield _typing(read_organization(reader, lambda: datetime.now(UTC)))


def _polling(aws: AwsSandbox, reader: Aws) -> Row:
    aws.conditions.account_quota = aws.conditions.creations_at_once = 10_000
    client = aws.client("organizations")
    for number in range(CREATIONS):
        client.create_account(AccountName=f"bench {number}", Email=f"bench{number}@example.com")
    aws.calls.clear()
    found = creations_under_way(World(reader, Shared(), "marker", {}))
    calls, least = len(list(aws.calls)), CREATIONS // 20
    return Row(f"calls to poll {len(found)} creations", str(calls), str(least), calls / least, 1.0)


def _whole(aws: AwsSandbox, reader: Aws) -> Row:
    aws.calls.clear()
    organization = read_organization(reader, lambda: datetime.now(UTC))
    calls = len([call for call in aws.calls if "Polic" not in call.operation and "Service" not in call.operation])
    least = 2 + len(organization.units) + -(-len(organization.accounts) // 20)
    name = f"calls to read {len(organization.accounts)} accounts in {len(organization.units) - 1} OUs"
    return Row(name, str(calls), str(least), calls / least, 1.0)


def _typing(organization: Organization) -> Row:
    index = Index(organization)
    times = [_timed(index, text) for text in TYPED]
    name = f"slowest type-ahead over {len(organization.accounts)} accounts"
    return Row(name, f"{max(times):.1f} ms", f"{QUICK:.0f} ms", max(times) / QUICK, 1.0)


def _timed(index: Index, text: str) -> float:
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        index.search(FieldKind.ACCOUNT, text)
        rounds.append((time.perf_counter() - began) * 1000)
    return statistics.median(rounds)
