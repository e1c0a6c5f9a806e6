"""The panel over a running bot: one for the tests of a file, each of which begins where it can."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.panel import keeper as keeping
from sandbox.panel.api import PanelApi
from sandbox.panel.keeper import Keeper
from sandbox.sandbox import sandbox
from sandbox.show import Wishes
from tests.harness.forking import fork
from tests.harness.scenario import CREATION_SECONDS, QUICK


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    """A bot with the demo's rules that looks again quickly, and that is away for a moment only when it was killed."""
    with (
        pytest.MonkeyPatch.context() as patch,
        sandbox(creation_seconds=CREATION_SECONDS, launch=fork) as place,
    ):
        patch.setattr(keeping, "DEAD_SECONDS", 0.2)
        kept = Keeper(place, **(QUICK | Wishes().settings()))
        place.slack.put_beside(PanelApi(kept, pause=0.15).routes())
        yield kept
        kept.stop()
