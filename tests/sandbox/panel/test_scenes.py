"""Every scene comes true, one after the other in one organization, and again."""

from __future__ import annotations

import pytest

from sandbox.panel.keeper import Keeper
from sandbox.panel.scenes import SCENES, Scene, Stage, act
from tests.harness.scenario import PATIENCE


@pytest.fixture(autouse=True)
def _a_new_process(keeper: Keeper) -> None:
    """Slack takes fifty edits a minute, and these scenes are played faster than anybody reads: a process would wait."""
    keeper.kill()
    keeper.place.slack.wait_for(lambda: keeper.status == "running", PATIENCE, "the bot")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_it_comes_true(keeper: Keeper, scene: Scene) -> None:
    stage = Stage(keeper, pause=0)
    act(scene, stage)
    assert stage.is_over
    assert not [line.text for line in stage.lines if "stopped here" in line.text]
    assert len(stage.lines) > 1
    if scene.name in {"killed", "lost"}:
        assert stage.lines[-1].text.endswith("CreateAccount was called once.")
