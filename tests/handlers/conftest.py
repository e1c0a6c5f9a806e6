"""The handling."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.handling import Handling


@pytest.fixture
def handling() -> Iterator[Handling]:
    handling = Handling()
    yield handling
    handling.close()
