"""Credentials as the shells take them: written for one shell, and read back from a message to be written for another. Pure.

What comes out is secret. Source: AWS CLI User Guide, "Environment variables", "Configuration and credential file settings";
Slack API, "block_actions payload" (`message` and `view` hold the blocks as they stand).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import SecretStr

from approvals.slack.blocks import Block, menu, plain, preformatted
from operations.access.role_sessions import Minted

PICKER = "shell"
BLOCK = re.compile(r"shell:([A-Za-z0-9_.-]{1,200})")  # The name of the block; the profile's name rides along.
NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
VALUE = re.compile(rf"(?i)\b({'|'.join(NAMES)})[\" =]{{1,4}}([A-Za-z0-9/+][A-Za-z0-9/+=]*)")
OPTION_TEXT = 75


class Shell(NamedTuple):
    """How a shell takes credentials: what people call it, and the lines from the variables and a profile's name."""

    label: str
    lines: Callable[[Mapping[str, str], str], Sequence[str]]


SHELLS = {
    "bash": Shell("bash, zsh", lambda values, _: [f'export {name}="{value}"' for name, value in values.items()]),
    "powershell": Shell("PowerShell", lambda values, _: [f'$Env:{name}="{value}"' for name, value in values.items()]),
    "fish": Shell("fish", lambda values, _: [f'set -gx {name} "{value}"' for name, value in values.items()]),
    "cmd": Shell("cmd.exe", lambda values, _: [f"set {name}={value}" for name, value in values.items()]),
    "profile": Shell(
        "AWS CLI profile (~/.aws/credentials)",
        lambda values, profile: [f"[{profile}]", *(f"{name.lower()} = {value}" for name, value in values.items())],
    ),
}
DEFAULT = next(iter(SHELLS))


@dataclass(frozen=True)
class Keys:
    """What a shell needs; the secrets print masked."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr

    def values(self) -> dict[str, str]:
        """By the variables' names; secret."""
        values = (self.access_key_id, self.secret_access_key.get_secret_value(), self.session_token.get_secret_value())
        return dict(zip(NAMES, values, strict=True))


def keys_of(minted: Minted) -> Keys:
    """Those of an open session."""
    return Keys(minted.access_key_id, minted.secret_access_key, minted.session_token)


def profile_name(account: str) -> str:
    """A name for an AWS CLI profile: `fullback-staging-session`."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", account).strip("-")[:150] + "-session"


def shell_block(keys: Keys, shell: str, profile: str) -> Block:
    """The one block that holds the credentials; an unknown `shell` is taken for the first."""
    text = "\n".join(SHELLS.get(shell, SHELLS[DEFAULT]).lines(keys.values(), profile))
    return preformatted("", text) | {"block_id": f"shell:{profile}"}


def picker(shell: str) -> Block:
    """The menu of shells, with the one that is shown."""
    options = {key: {"text": plain(known.label, OPTION_TEXT), "value": key} for key, known in SHELLS.items()}
    chosen = options.get(shell, options[DEFAULT])
    return menu(PICKER, "Shell", list(options.values())) | {"initial_option": chosen}


def in_shell(blocks: Sequence[Block], shell: str) -> list[Block] | None:
    """A message's or a form's blocks, as Slack sent them, with the credentials as `shell` takes them.

    None where no whole credentials stand in them: then nothing may be rewritten.
    """
    place = next(((at, found[1]) for at, block in enumerate(blocks) if (found := _named(block))), None)
    keys = _keys_in("\n".join(_texts(blocks[place[0]]))) if place else None
    if place is None or keys is None or shell not in SHELLS:
        return None
    at, profile = place
    return [
        shell_block(keys, shell, profile) if index == at else _picking(block, shell)
        for index, block in enumerate(blocks)
    ]


def _named(block: Block) -> re.Match[str] | None:
    return BLOCK.fullmatch(str(block.get("block_id")))


def _texts(item: Any) -> Iterator[str]:
    """Every text beneath a block, in order."""
    if isinstance(item, dict):
        yield from [item["text"]] if isinstance(item.get("text"), str) else _texts(item.get("elements"))
    elif isinstance(item, list):
        for each in item:
            yield from _texts(each)


def _keys_in(text: str) -> Keys | None:
    """AWS writes all three in letters, digits, `/`, `+` and `=`, so that no shell's signs are among them."""
    found = {each[1].upper(): each[2] for each in VALUE.finditer(text)}
    access, secret, token = (found.get(name, "") for name in NAMES)
    return Keys(access, SecretStr(secret), SecretStr(token)) if access and secret and token else None


def _picking(block: Block, shell: str) -> Block:
    """A block as it was, with the new choice in its menu and with links as they were sent: Slack may hand them back escaped."""
    elements = block.get("elements")
    if block.get("type") != "actions" or not isinstance(elements, list):
        return block
    return block | {"elements": [_as_sent(element, shell) for element in elements]}


def _as_sent(element: Block, shell: str) -> Block:
    if element.get("action_id") == PICKER:
        return picker(shell)
    return element | {"url": element["url"].replace("&amp;", "&")} if "url" in element else element
