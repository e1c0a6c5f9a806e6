"""What a request's card says of what would be done, as far as there is room; the rest goes into its thread, whole and in order,
because nothing that would be sent to AWS is ever cut. Pure.

The rest goes in one message, or in one file where that is too long; in several messages where Slack takes no file. Source: Slack API, "Block Kit: Rich text block" (rich_text_preformatted: shown as it is, nothing in it is escaped).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from approvals.slack.blocks import Block, context, escape, fields, preformatted, quoted, section, shorten
from approvals.views.thread import Body, body
from operations.core.preview import Fact, Level, Preview
from operations.snapshot.names import spread

ON_THE_CARD = 1_400  # Characters of a diff; a card has 13,000 in all.
FACT, FACTS = 300, 5_000  # Characters of a fact and of all of them, as they are escaped.
PIECE = 2_800
PIECES_A_MESSAGE = 4
HITS_ON_THE_CARD = 12
FARTHEST = "\uffff"  # Characters behind it may count as two.
IN_THE_THREAD = "… (whole in the thread)"
MARKS = {Level.DANGER: ":octagonal_sign:", Level.CAUTION: ":warning:", Level.FACT: ":information_source:"}
Lines = tuple[tuple[str, str], ...]  # A label, which may be empty, and a text.


@dataclass(frozen=True)
class Part:
    """A part of what the card says: its lines, each cut to the room that it has, nothing in them escaped; `show` makes blocks of them."""

    lines: Lines
    show: Callable[[Lines], list[Block]]

    @property
    def blocks(self) -> list[Block]:
        """For the card; none where there is nothing to say."""
        return self.show(self.lines) if self.lines else []

    def plain(self) -> Iterator[str]:
        """The same as plain text, for the card that Slack takes where it refuses the blocks."""
        for label, text in self.lines:
            yield f"{label}:{chr(10) if chr(10) in text else ' '}{text}" if label else text


def parts(preview: Preview, reason: str) -> tuple[Part, ...]:
    """All that the card says of what would be done and why, in order."""
    why = (("Reason", shorten(reason, 1500)),) if reason else ()
    steps = tuple(("", f"{number}. {shorten(step, 500)}") for number, step in enumerate(preview.plan, 1))
    return (
        Part(tuple(facts_on_card(preview.facts).items()), lambda lines: fields(dict(lines))),
        Part(why, lambda lines: [quoted(*line) for line in lines]),
        Part(steps, lambda lines: [section("\n".join(["*Steps*", *(escape(text) for _, text in lines)]))]),
        affected(preview),
        changed(preview),
        warned(preview),
    )


def affected(preview: Preview) -> Part:
    """What is hit, the number first."""
    first, *others = preview.hits or ("",)
    more = spread(others, HITS_ON_THE_CARD, lambda line: shorten(line, 120))
    if len(others) > HITS_ON_THE_CARD:
        more[-1] += ", in the thread"
    return Part((("Affects", shorten(first, 300)), *(("", line) for line in more)) if first else (), _bullets)


def _bullets(lines: Lines) -> list[Block]:
    (label, first), *others = lines
    said = [f"*{label}*: {escape(first)}", *(f"•  {escape(text)}" for _, text in others)]
    return [section(shorten("\n".join(said), 2900))]


def changed(preview: Preview) -> Part:
    """As much of the diff as there is room for, and where the rest is."""
    shown, *rest = pieces(preview.diff, ON_THE_CARD) or ("",)
    more = (("", "The whole of it is in the thread."),) if rest else ()
    return Part((("Diff", shown), *more) if shown else (), _code)


def _code(lines: Lines) -> list[Block]:
    diff, *more = lines
    return [preformatted(*diff), *(context(text) for _, text in more)]


def warned(preview: Preview) -> Part:
    """What to mind, the most severe first."""
    return Part(tuple((_level(notice.level), shorten(notice.say, 400)) for notice in preview.warnings), _marked)


def _level(level: Level) -> str:
    return level.value.capitalize()


def _marked(lines: Lines) -> list[Block]:
    marks = {_level(level): mark for level, mark in MARKS.items()}
    return [section(shorten("\n".join(f"{marks[label]} {escape(text)}" for label, text in lines), 2900))]


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
    cut = {title: pieces(text) for title, text in told.items()}
    if sum(map(len, cut.values())) > PIECES_A_MESSAGE:
        return None
    shown = [
        preformatted("" if place else title, part) for title, each in cut.items() for place, part in enumerate(each)
    ]
    return body("\n".join(f"*{escape(title)}*" for title in told), *shown)


def in_a_file(told: Mapping[str, str]) -> str:
    """The same as a text file."""
    return "\n\n".join(f"{title}\n{'=' * len(title)}\n{text}" for title, text in told.items()) + "\n"


def in_messages(file: str) -> list[Body]:
    """The text of such a file in as many messages as it takes, where Slack takes no file."""
    cut = pieces(file)
    each = [cut[at : at + PIECES_A_MESSAGE] for at in range(0, len(cut), PIECES_A_MESSAGE)]
    titles = [f"All that the card has no room for ({number} of {len(each)})" for number in range(1, len(each) + 1)]
    return [
        body(title, *(preformatted("" if place else title, part) for place, part in enumerate(shown)))
        for title, shown in zip(titles, each, strict=True)
    ]


def _unsaid(preview: Preview, sent: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    said = "\n".join((*(f"{fact.label}: {fact.value}" for fact in preview.facts), preview.diff))
    unsaid = {label: [text for text in texts if text not in said] for label, texts in sent.items()}
    return {label: list(sent[label]) for label, texts in unsaid.items() if texts}
