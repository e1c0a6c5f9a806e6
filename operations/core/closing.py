"""What a finished request hands over: facts, links, snippets to copy and what comes next; nothing of it is secret.

Source: IAM User Guide, "Switching to a role (console)" (link); AWS CLI User Guide, "Using an IAM role in the AWS CLI".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from operations.aws.partitions import COMMERCIAL, sign_in_address
from operations.aws.prefilled import Prefilled
from operations.core.observations import Snippet
from operations.core.preview import Fact


class Link(BaseModel):
    """A link as a button shows it."""

    model_config = ConfigDict(frozen=True)

    label: str
    url: str


class Closing(BaseModel):
    """The end of a request: its result in plain text, and what its requester can do with it now."""

    model_config = ConfigDict(frozen=True)

    summary: str
    facts: tuple[Fact, ...] = ()
    links: tuple[Link, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    next: tuple[Prefilled, ...] = ()

    def only(self, allowed: Callable[[Prefilled], bool]) -> Self:
        """The same with what comes next as far as it may be asked for."""
        return self.model_copy(update={"next": tuple(wanted for wanted in self.next if allowed(wanted))})


@dataclass(frozen=True)
class Console:
    """Where people sign in, and the CLI profile of the management account that they start from.

    `sign_in_url` is empty where they sign in at the partition's own address; `partition()` is the bot's.
    """

    sign_in_url: str = ""
    source_profile: str = "management"
    partition: Callable[[], str] = lambda: COMMERCIAL

    @property
    def sign_in(self) -> str:
        """The address at which people sign in."""
        return self.sign_in_url or sign_in_address(self.partition())


def switch_role_link(console: Console, account: str, role: str, name: str) -> Link:
    """The link that switches the console's session to `role` in `account`."""
    query = urlencode({"account": account, "roleName": role, "displayName": name[:64]})
    return Link(label="Open console", url=f"{console.sign_in}/switchrole?{query}")


def get_credentials(role: str, *accounts: str) -> Prefilled:
    """The button that asks for credentials: for the account where there is one, else the form asks for which."""
    account = {"account": accounts[0]} if len(accounts) == 1 else {}
    return Prefilled(operation="credentials", label="Get credentials", values={**account, "role": role})


def cli_profile(console: Console, account: str, role: str, name: str) -> Snippet:
    """The AWS CLI profile that assumes `role` in `account` with the credentials of the source profile."""
    profile = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or account
    lines = (
        f"[profile {profile}]",
        f"role_arn = arn:{console.partition()}:iam::{account}:role/{role}",
        f"source_profile = {console.source_profile}",
    )
    return Snippet(label="AWS CLI profile (~/.aws/config)", text="\n".join(lines))
