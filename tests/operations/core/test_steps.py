"""A refusal is told by the step that got it: what was not done, why, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from pydantic import ValidationError

from operations.aws.reasons import meaning_of
from operations.core.explanations import refusal
from operations.core.observations import Done, Facts, Failed, NotNow, Observation, Ready, Snippet, Waiting
from operations.core.registry import all_operations
from operations.core.steps import Shared, Step, World
from operations.organization.service_access import Switch
from sandbox.aws.server import AwsSandbox
from tests.harness.aws import bot_aws
from tests.harness.tables import each_of


def _declared(base: type[Step]) -> Iterator[type[Step]]:
    for step in base.__subclasses__():
        if step.__module__.startswith("operations."):
            yield step
            yield from _declared(step)


all_operations()  # Imports every module that declares steps.
STEPS = sorted(
    _declared(Step),  # type: ignore[type-abstract]
    key=lambda step: f"{step.__module__}.{step.__name__}",
)


def test_a_refusal_begins_with_what_was_not_done() -> None:
    failed = Switch("guardduty.amazonaws.com", on=True).explain("AccessDenied", "", "no")
    assert failed.say == f"Trusted access was not changed. {refusal('AccessDenied', '', 'no').say}"


def test_the_steps_own_reasons_come_before_everybodys() -> None:
    reason = "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE"
    failed = Switch("guardduty.amazonaws.com", on=False).explain("ConstraintViolationException", reason, "no")
    assert failed.say == "Trusted access was not changed. A policy type of this service is enabled."
    assert [one.operation for one in failed.opens] == ["disable-policy-type"]
    assert failed.code == reason


class Asking(Switch):
    """A step that explains a reason, a code, and what AWS says itself."""

    not_done = ""
    reasons: ClassVar = {
        "REASON": ("By its reason.", "Do this."),
        "Code": ("By its code: {message} Yes, {message}", "Do that."),
    }


@pytest.mark.parametrize(
    ("code", "reason", "failed"),
    [
        ("Code", "REASON", Failed("By its reason.", "Do this.", "REASON")),
        ("Code", "", Failed("By its code: no. Yes, no.", "Do that.", "Code")),
        ("Code", "ANOTHER", Failed("By its code: no. Yes, no.", "Do that.", "Code")),
        ("AccessDenied", "REASON", Failed("By its reason.", "Do this.", "REASON")),
        ("AccessDenied", "ANOTHER", refusal("AccessDenied", "ANOTHER", "no.")),
    ],
)
def test_the_reason_explains_more_than_the_code_and_both_more_than_what_is_true_for_everybody(
    code: str, reason: str, failed: Failed
) -> None:
    assert Asking("guardduty.amazonaws.com", on=True).explain(code, reason, "no.") == failed


class Bare(Step):
    """A step that says nothing of its own."""

    reasons: ClassVar = {
        "HANDSHAKE_RATE_LIMIT_EXCEEDED": ("Too many today.", ""),
        "CANNOT_CLOSE_MANAGEMENT_ACCOUNT": ("Never.", ""),
    }

    def observe(self, world: World) -> Observation:
        raise NotImplementedError

    def act(self, world: World) -> Facts:
        raise NotImplementedError


def test_a_step_that_says_nothing_of_its_own_is_explained_by_what_is_true_for_everybody() -> None:
    assert Bare().explain("AccessDenied", "", "no") == refusal("AccessDenied", "", "no")
    assert Bare().outcome({"unit": "ou-1"}) == (), "the snapshot knows nothing better"


def test_whether_the_same_may_be_asked_for_again_is_the_reasons_own_whoever_explains_it() -> None:
    again = [Bare().explain("", reason, "").again for reason in Bare.reasons]
    assert again == [meaning_of(reason, reason).again for reason in Bare.reasons] == [True, False]


def test_what_nobody_has_asked_of_a_step_yet_is_nothing(aws: AwsSandbox) -> None:
    world = World(bot_aws(), Shared(), "marker", {})
    assert (world.attempts, list(world.others()), world.delivery()) == ((), [], Waiting(""))
    assert Failed("It was not done.") == Failed("It was not done.", advice="", code="", opens=(), again=False)
    assert (Done("So.").learned, Waiting("So.").learned, Waiting("So.").snippets) == ({}, {}, ())
    assert NotNow("AWS is busy.").learned == {}


def test_a_step_acts_once_and_not_without_an_approval_unless_it_says_so() -> None:
    assert Ready() == Ready(again=False, takes_back=False)


def test_what_somebody_is_to_copy_stays_as_it_was_looked_up() -> None:
    snippet = Snippet(label="A trust policy", text="{}")
    with pytest.raises(ValidationError):
        snippet.text = "[]"  # type: ignore[misc]


@each_of("step", STEPS, ids=lambda step: step.__name__)
def test_what_a_step_says_of_a_refusal_is_whole_sentences(step: type[Step]) -> None:
    told = (step.not_done, *(text for reason in step.reasons.values() for text in reason))
    assert all(text.endswith((".", "{message}")) for text in told if text)
