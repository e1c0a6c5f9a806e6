"""Modals, home tabs and inputs. Pure.

Inputs are made by slack_sdk's models, which refuse what Slack would refuse. A model takes a hundred times as long as a dictionary
(0.1 ms), and a view's takes all its blocks apart again: so what Slack waits for (`blocks`) and the views themselves are dictionaries.
Source: Slack API, "Views", "Block Kit: Input block", "Plain-text input element", "Select menu element", "File input element".
"""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import InputBlock, Option
from slack_sdk.models.blocks.block_elements import (
    EmailInputElement,
    ExternalDataMultiSelectElement,
    ExternalDataSelectElement,
    FileInputElement,
    InputInteractiveElement,
    PlainTextInputElement,
    StaticSelectElement,
)

from approvals.slack.blocks import PLACEHOLDER, Block, plain

TITLE, LABEL, HINT, INPUT, METADATA = 24, 2000, 2000, 3000, 3000
COMING = "coming"
NOT_NOW = "Cancel"
Element = InputInteractiveElement


def modal(callback_id: str, title: str, blocks: list[Block], submit: str, metadata: str) -> Block:
    """A modal with something to send; `metadata` (3,000 characters) comes back with it."""
    sending = {"callback_id": callback_id, "submit": plain(submit, TITLE), "private_metadata": metadata}
    return window(title, blocks, close=NOT_NOW) | sending


def asking(callback_id: str, asked: Block, metadata: str) -> Block:
    """A confirmation dialog (see `blocks.confirm`) as a modal, for what no button has asked for."""
    shown = [{"type": "section", "text": asked["text"]}]
    view = modal(callback_id, asked["title"]["text"], shown, asked["confirm"]["text"], metadata)
    return view | {"close": plain(asked["deny"]["text"], TITLE)}


def window(title: str, blocks: list[Block], *, close: str = "Close") -> Block:
    """A modal in which there is only something to read."""
    return {"type": "modal", "title": plain(title, TITLE), "close": plain(close, TITLE), "blocks": blocks}


def home(blocks: list[Block], *, coming: bool = False) -> Block:
    """The view of a home tab; with `coming` something that belongs on it is still being made."""
    return {"type": "home", "blocks": blocks} | ({"private_metadata": COMING} if coming else {})


def entry(block_id: str, label: str, element: Element, *, hint: str = "", optional: bool = False) -> Block:
    """An input with its label; `optional` ones may be left empty."""
    block = InputBlock(
        block_id=block_id,
        label=plain(label, LABEL),
        element=element,
        hint=plain(hint, HINT) if hint else None,
        optional=optional,
    )
    return {**block.to_dict()}


def text_input(
    action_id: str, *, initial: str = "", multiline: bool = False, most: int = INPUT, placeholder: str = ""
) -> Element:
    """A field for text of at most `most` characters."""
    return PlainTextInputElement(
        action_id=action_id,
        initial_value=initial or None,
        multiline=multiline,
        max_length=most,
        placeholder=_placeholder(placeholder),
    )


def email_input(action_id: str, *, initial: str = "", placeholder: str = "") -> Element:
    """A field for one e-mail address; Slack takes no other text there, not even at its opening."""
    return EmailInputElement(action_id=action_id, initial_value=initial or None, placeholder=_placeholder(placeholder))


def select(action_id: str, options: Sequence[Block], *, initial: Block | None = None, placeholder: str = "") -> Element:
    """A menu of fixed choices."""
    return StaticSelectElement(
        action_id=action_id, options=options, initial_option=initial, placeholder=_placeholder(placeholder)
    )


def picker(action_id: str, *, initial: Block | None = None) -> Element:
    """A menu whose choices come while somebody types."""
    return ExternalDataSelectElement(action_id=action_id, min_query_length=0, initial_option=_option(initial))


def many_picker(action_id: str, *, initial: Sequence[Block] = ()) -> Element:
    """The same for more than one choice."""
    return ExternalDataMultiSelectElement(action_id=action_id, min_query_length=0, initial_options=initial or None)


def file_input(action_id: str, filetypes: Sequence[str]) -> Element:
    """A field for one file."""
    return FileInputElement(action_id=action_id, filetypes=list(filetypes), max_files=1)


def _placeholder(text: str) -> Block | None:
    return plain(text, PLACEHOLDER) if text else None


def _option(chosen: Block | None) -> Option | None:
    return Option(text=chosen["text"], value=chosen["value"]) if chosen else None
