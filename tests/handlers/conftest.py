"""The reception."""

from __future__ import annotations

import pytest

from tests.handlers.reception import Reception


@pytest.fixture
def reception() -> Reception:
    return Reception()
