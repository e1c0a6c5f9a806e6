"""What is mutated, and by which tests it is judged. This is the one place to edit when a file moves."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

HEART = (
    "approvals/authority/rules.py",
    "approvals/authority/quorum.py",
    "approvals/authority/requirements.py",
    "approvals/authority/reach.py",
    "approvals/authority/may.py",
    "approvals/request/pending.py",
    "approvals/request/decide.py",
    "approvals/request/lifecycle.py",
    "approvals/states.py",
    "approvals/request/attempts.py",
    "approvals/request/execution.py",
    "approvals/request/execute.py",
    "approvals/outbox/delivering.py",
    "approvals/outbox/sending.py",
    "approvals/outbox/refusals.py",
    "approvals/queue/leases.py",
    "approvals/request/following.py",
    "operations/core/steps.py",
    "operations/core/observations.py",
    "operations/aws/client.py",
    "bot/http/edge.py",
    "handlers/parser.py",
    "handlers/typed.py",
)

TESTS = (
    "tests/approvals",
    "tests/operations",
    "tests/handlers",
    "tests/bot/checks/test_explain.py",
    "tests/bot/config/test_rules_file.py",
    "tests/bot/http/test_edge.py",
    "tests/bot/http/test_signatures.py",
)
"""Folders and files. Only tests that stay in one process: another one that they start would not see the mutant."""

CODE = ("approvals", "operations", "handlers", "bot", "sandbox", "tests")
