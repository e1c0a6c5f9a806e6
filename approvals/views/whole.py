"""What the card has no room for goes into its thread, whole and in order: nothing that would be sent to AWS is ever cut. Pure.

In one message, or in one file where that is too long; in several messages where Slack takes no file. Source: Slack API, "Block Kit: Rich text block" (rich_text_preformatted: shown as it is, nothing in it is escaped).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from approvals.slack.blocks import Block, context, escape, preformatted, shorten
from approvals.views.thread import Body, body
from operations.core.preview import Fact, Preview

ON_THE_CARD = 1_400  # Characters of a diff; a card has 13,000 in all.
FACT, FACTS = 300, 5_000  # Characters of a fact and of all of them, as they are escaped.
PIECE = 2_800
PIECES_A_MESSAGE = 4
HITS_ON_THE_CARD = 12
FARTHEST = "\uffff"  # Characters behind it may count as two.
IN_THE_THREAD = "… (whole in the thread)"


def pieces(text: str, most: int = PIECE) -> list[str]:
    """The text in pieces of at most `most` characters that give it when they are joined; cut at the ends of lines where it can be."""
    found, at = [], 0
    room = most if max(text, default="") <= FARTHEST else most // 2
    while at < len(text):
        end = text.rfind("\n", at, at + room) + 1 if len(text) - at > room else len(text)
        end = end if end > at else at + room
        found.append(text[at:end])
        at = end
    return found


def _fact_on_card(fact: Fact) -> str:
    """A fact's value, the beginning of one that is whole in the thread only."""
    if _has_room(fact):
        return fact.value
    return shorten(fact.value, FACT // 3) + IN_THE_THREAD


def _has_room(fact: Fact) -> bool:
    return len(escape(fact.value)) <= FACT


def facts_on_card(facts: Sequence[Fact]) -> dict[str, str]:
    """Labels and values as far as there is room for them, and where the others are."""
    few = facts[: _how_many(facts)]
    more = {"More": f"{len(facts) - len(few)} more, whole in the thread"} if len(facts) > len(few) else {}
    return {fact.label: _fact_on_card(fact) for fact in few} | more


def _how_many(facts: Sequence[Fact]) -> int:
    sizes = accumulate(len(escape(fact.label)) + min(len(escape(fact.value)), FACT) for fact in facts)
    return sum(1 for size in sizes if size <= FACTS)


def diff_on_card(diff: str) -> list[Block]:
    """As much of what changes as there is room for, and where the rest is."""
    if not diff:
        return []
    shown, *rest = pieces(diff, ON_THE_CARD)
    more = [context("The whole of it is in the thread.")] if rest else []
    return [preformatted("Diff", shown), *more]


def whole(preview: Preview, sent: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the thread has to hold, by its titles; nothing when the card says everything.

    `sent` are the texts of the request by their labels: what is on the card in no other words is told as well.
    """
    few = _how_many(preview.facts)
    long = {fact.label: fact.value for fact in preview.facts[:few] if not _has_room(fact)}
    more = "\n".join(f"{fact.label}: {fact.value}" for fact in preview.facts[few:])
    unsaid = {label: "\n".join(texts) for label, texts in _unsaid(preview, sent).items()}
    hits = "\n".join(preview.hits) if len(preview.hits) > HITS_ON_THE_CARD + 1 else ""
    diff = preview.diff if len(pieces(preview.diff, ON_THE_CARD)) > 1 else ""
    told = {"Affects": hits, **long, "More": more, **unsaid, "Diff": diff}
    return {title: text for title, text in told.items() if text}


def aside(preview: Preview, sent: Mapping[str, Sequence[str]]) -> list[Body]:
    """The same as messages where there is no thread and no file; none when the card says everything."""
    told = whole(preview, sent)
    message = in_a_message(told)
    return [] if not told else [message] if message else in_messages(in_a_file(told))


def in_a_message(told: Mapping[str, str]) -> Body | None:
    """All of it in one message; None where Slack takes no such message, so that it has to be a file."""
    parts = {title: pieces(text) for title, text in told.items()}
    if sum(map(len, parts.values())) > PIECES_A_MESSAGE:
        return None
    shown = [
        preformatted("" if place else title, part) for title, each in parts.items() for place, part in enumerate(each)
    ]
    return body("\n".join(f"*{escape(title)}*" for title in told), *shown)


def in_a_file(told: Mapping[str, str]) -> str:
    """The same as a text file."""
    return "\n\n".join(f"{title}\n{'=' * len(title)}\n{text}" for title, text in told.items()) + "\n"


def in_messages(file: str) -> list[Body]:
    """The text of such a file in as many messages as it takes, where Slack takes no file."""
    parts = pieces(file)
    each = [parts[at : at + PIECES_A_MESSAGE] for at in range(0, len(parts), PIECES_A_MESSAGE)]
    titles = [f"All that the card has no room for ({number} of {len(each)})" for number in range(1, len(each) + 1)]
    return [
        body(title, *(preformatted("" if place else title, part) for place, part in enumerate(shown)))
        for title, shown in zip(titles, each, strict=True)
    ]


def _unsaid(preview: Preview, sent: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    said = "\n".join((*(f"{fact.label}: {fact.value}" for fact in preview.facts), preview.diff))
    unsaid = {label: [text for text in texts if text not in said] for label, texts in sent.items()}
    return {label: list(sent[label]) for label, texts in unsaid.items() if texts}
