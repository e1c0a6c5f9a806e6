"""Removing tags from an account.

Source: AWS Organizations API Reference, "UntagResource"; User Guide, "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from operations.accounts.account_tags import TaggedAccount, changed_by_others, live_tags, place_facts
from operations.accounts.members import GONE
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.core.base import Operation, named
from operations.core.closing import Closing, Console
from operations.core.code import Code
from operations.core.fields import FieldKind, Flag
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Preview, PreviewInput, fact
from operations.core.steps import Step, World
from operations.core.values import TagKeys
from operations.snapshot.live import SEE_TAGS, tags_of
from operations.snapshot.names import counted
from operations.snapshot.organization import Organization


class UntagAccount(Operation):
    """Removes tags from an account, by their keys.

    All other tags stay. Conditions in policies and cost reports that look at the removed tags no longer find them.
    """

    name: ClassVar = "untag-account"
    wanted: ClassVar = "Remove tags from an account"
    irreversible: ClassVar = False
    family: ClassVar = "Accounts"
    example: ClassVar = "--account fullback-staging-web --key owner --key cost-center"
    permissions: ClassVar = (
        Permission("remove tags from accounts", ("organizations:UntagResource",)),
        SEE_TAGS,
    )

    account: TaggedAccount
    keys: Annotated[
        TagKeys,
        Flag(("--key", "--keys", "--tag-keys"), "Keys", FieldKind.TAGS, hint="One key per line", placeholder="owner"),
    ]

    def subject(self) -> str:
        return f"tags:{self.account}"

    def title(self, organization: Organization) -> str:
        return f"Remove {counted(len(self.keys), 'tag')} from {organization.account_label(self.account)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        present = live_tags(inputs, self.account)
        there = {key: present[key] for key in self.keys if key in present}
        if not there:
            raise FieldError("keys", f"the account has none of these tags. {_has(present)}")
        absent = [key for key in self.keys if key not in present]
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                *place_facts(inputs.organization, self.account),
                *(Fact(label=f"Tag {key}", value=f"{value or '(empty)'} → removed") for key, value in there.items()),
            ),
            plan=(f"Remove {counted(len(there), 'tag')} from the account (UntagResource).",),
            warnings=(fact(f"The account has no tag {', '.join(absent)}. {_has(present)}"),) if absent else (),
            precondition={"before": there},
        )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (RemoveTags(self.account, precondition["before"]),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        del precondition, memory, organization
        return Code(note="If your code sets these tags, remove them there too: the next apply would set them again.")

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        del memory
        return (named("tag-account").model_validate({"account": self.account, "tags": precondition["before"]}),)

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del console
        removed, label = list(memory["removed"]), organization.account_label(self.account)
        return Closing(
            summary=f"{counted(len(removed), 'tag')} removed from {label}.",
            facts=(Fact(label="Removed", value=", ".join(removed)),),
        )


def _has(present: Mapping[str, str]) -> str:
    return f"It has: {', '.join(sorted(present))}." if present else "It has no tags at all."


class RemoveTags(Step):
    """Removes tags of one account all at once, remembered as `removed`; a tag of another value than the approved is left alone."""

    key = "untag"
    title = "Remove the account's tags"
    not_done = "The tags were not removed."

    def __init__(self, account: str, before: Mapping[str, str]) -> None:
        self._account = account
        self._before = dict(before)

    def observe(self, world: World) -> Observation:
        present = tags_of(world.aws, self._account)
        if present is None:
            return Stale(GONE)
        left = self._before.keys() & present.keys()
        if not left:
            return Done("The account no longer has the tags.", {"removed": list(self._before)})
        other = sorted(key for key in left if present[key] != self._before[key])
        if other:
            return changed_by_others(other)
        return Ready()

    def act(self, world: World) -> Facts:
        world.aws.write("organizations", "untag_resource", ResourceId=self._account, TagKeys=list(self._before))
        return {}
