"""How pytest is run here: silently, without plugins that only people need, and alone in its temporary folder."""

from __future__ import annotations

import os

QUIETLY = (
    "--quiet",
    "--tb=no",
    "--no-header",
    "--timeout=0",  # The trial has a limit of its own.
    "-k",
    "not postgresql",  # On SQLite alone: what is said twice is noticed once.
    "-p",
    "no:cacheprovider",
    "-p",
    "no:faulthandler",
    "-p",
    "no:randomly",  # The order is chosen here.
    "-p",
    "no:xdist",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)


def silence() -> None:
    """Whatever this process, which is a child, says from now on is not heard."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
