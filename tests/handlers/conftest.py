"""The handling."""

from __future__ import annotations

import pytest

from tests.harness.handling import Handling


@pytest.fixture
def handling() -> Handling:
    return Handling()
