"""Tagging an account.

Source: AWS Organizations API Reference, "TagResource"; User Guide, "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from operations.accounts.account_tags import (
    MOST_TAGS,
    TAGS,
    TaggedAccount,
    changed_by_others,
    live_tags,
    place_facts,
)
from operations.accounts.members import GONE
from operations.accounts.untag_account import UntagAccount
from operations.aws.errors import FieldError
from operations.aws.permissions import Permission
from operations.aws.prefilled import Prefilled
from operations.core.base import Operation
from operations.core.closing import Closing, Console
from operations.core.code import Code, Resource
from operations.core.observations import Done, Facts, Observation, Ready, Stale
from operations.core.preview import Fact, Notice, Preview, PreviewInput, caution
from operations.core.steps import Step, World
from operations.core.values import SomeTags
from operations.snapshot.live import SEE_TAGS, tags_of
from operations.snapshot.names import counted
from operations.snapshot.organization import Organization


class TagAccount(Operation):
    """Sets tags on an account.

    Tags that the account has already get the new value; all others stay. Whatever looks at the tags, such as conditions in
    policies and cost reports, follows them.
    """

    name: ClassVar = "tag-account"
    wanted: ClassVar = "Tag an account"
    irreversible: ClassVar = False
    family: ClassVar = "Accounts"
    example: ClassVar = "--account fullback-staging-web --tag owner=web --tag cost-center=12"
    permissions: ClassVar = (
        Permission("tag accounts", ("organizations:TagResource",)),
        SEE_TAGS,
    )

    account: TaggedAccount
    tags: Annotated[SomeTags, TAGS]

    def subject(self) -> str:
        return f"tags:{self.account}"

    def title(self, organization: Organization) -> str:
        return f"Set {counted(len(self.tags), 'tag')} on {organization.account_label(self.account)}"

    def preview(self, inputs: PreviewInput) -> Preview:
        present = live_tags(inputs, self.account)
        changes = {key: value for key, value in self.tags.items() if present.get(key) != value}
        if not changes:
            raise FieldError("tags", "the account has exactly these tags already. Give at least one that it has not.")
        self._check_room(present)
        return Preview(
            title=self.title(inputs.organization),
            facts=(
                *place_facts(inputs.organization, self.account),
                *(Fact(label=f"Tag {key}", value=_change(present.get(key), value)) for key, value in self.tags.items()),
            ),
            plan=(f"Set {counted(len(changes), 'tag')} on the account (TagResource).",),
            warnings=_warnings(present, changes),
            precondition={"before": {key: present.get(key) for key in self.tags}},
        )

    def _check_room(self, present: Mapping[str, str]) -> None:
        total = len(present.keys() | self.tags.keys())
        if total > MOST_TAGS:
            raise FieldError(
                "tags",
                f"the account would have {counted(total, 'tag')}, and AWS allows {MOST_TAGS}. Give fewer, or remove some first.",
                opens=(Prefilled(operation="untag-account", values={"account": self.account}),),
            )

    def steps(self, precondition: Mapping[str, Any]) -> tuple[Step, ...]:
        return (SetTags(self.account, self.tags, precondition["before"]),)

    def as_code(self, precondition: Mapping[str, Any], memory: Mapping[str, Any], organization: Organization) -> Code:
        """One resource for each tag, because those that the account has besides are not known here."""
        del precondition, memory
        name = organization.account_label(self.account).split(" (")[0]
        return Code(
            tuple(
                Resource(
                    "aws_organizations_tag",
                    f"{name} {key}",
                    f"{self.account},{key}",
                    {"resource_id": self.account, "key": key, "value": value},
                )
                for key, value in self.tags.items()
            ),
            "Where your code has the account itself, set the tags in its `tags` instead.",
        )

    def inverse(self, precondition: Mapping[str, Any], memory: Mapping[str, Any]) -> tuple[Operation, ...]:
        """Old values are set again, and what was new is removed: two requests when there is both."""
        del memory
        before: dict[str, str | None] = precondition["before"]
        old = {key: value for key, value in before.items() if value is not None and value != self.tags[key]}
        new = [key for key, value in before.items() if value is None]
        return (
            *((TagAccount(account=self.account, tags=old),) if old else ()),
            *((UntagAccount(account=self.account, keys=tuple(new)),) if new else ()),
        )

    def closing(self, memory: Mapping[str, Any], organization: Organization, console: Console) -> Closing:
        del memory, console
        return Closing(
            summary=f"{counted(len(self.tags), 'tag')} set on {organization.account_label(self.account)}.",
            facts=tuple(Fact(label=f"Tag {key}", value=value or "(empty)") for key, value in self.tags.items()),
        )


def _change(old: str | None, new: str) -> str:
    if old is None:
        return f"{new or '(empty)'} (new)"
    return f"{new or '(empty)'} (as it is)" if old == new else f"{old or '(empty)'} → {new or '(empty)'}"


def _warnings(present: Mapping[str, str], changes: Mapping[str, str]) -> tuple[Notice, ...]:
    alike = [
        (key, other) for key in changes for other in present if key != other and key.casefold() == other.casefold()
    ]
    return tuple(
        caution(f"The account has a tag {other}, which differs from {key} only in case.") for key, other in alike
    )


class SetTags(Step):
    """Sets tags of one account all at once; a tag that is neither as approved nor as wanted is left alone."""

    key = "tag"
    title = "Tag the account"
    not_done = "The account was not tagged."

    def __init__(self, account: str, tags: Mapping[str, str], before: Mapping[str, str | None]) -> None:
        self._account = account
        self._tags = dict(tags)
        self._before = dict(before)

    def observe(self, world: World) -> Observation:
        present = tags_of(world.aws, self._account)
        if present is None:
            return Stale(GONE)
        now = {key: present.get(key) for key in self._tags}
        if now == self._tags:
            return Done("The account has its tags.")
        other = [key for key, value in now.items() if value not in (self._before.get(key), self._tags[key])]
        if other:
            return changed_by_others(other)
        return Ready()

    def act(self, world: World) -> Facts:
        tags = [{"Key": key, "Value": value} for key, value in self._tags.items()]
        world.aws.write("organizations", "tag_resource", ResourceId=self._account, Tags=tags)
        return {}
