"""Text from people is shown as it is, and never longer than Slack takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.slack.blocks import (
    Block,
    button,
    clean,
    code,
    confirm,
    context,
    escape,
    fields,
    fit,
    header,
    packed,
    quoted,
    section,
    shorten,
    slack_date,
    url_button,
)
from approvals.views.thread import body
from approvals.views.whole import affected
from handlers.queries.parts import name
from operations.core.preview import Preview
from operations.snapshot.names import zoned
from sandbox.slack.limits import problems
from tests.documentation.pages import ROOT
from tests.harness.tables import each_of

LONG = "<&>`*" * 2000


def test_invisible_characters_and_direction_marks_go() -> None:
    assert clean("a\u200bb\u202ec\u2066d\ufeffe\x00f\ud800g") == "abcdefg"
    assert clean("line\n\tnext") == "line\n\tnext"


def test_mentions_links_and_fences_are_only_text() -> None:
    assert escape("<!channel> <@U1> & <http://x|y>") == "&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;http://x|y&gt;"
    assert not any("```" in escape("`" * number) for number in range(20))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*Approved by security*", "∗Approved by security*"),  # noqa: RUF001
        ("_so_ ~not~ **twice**", "ˍso_ ∼not~ ∗∗twice**"),  # noqa: RUF001
        (":white_check_mark: done :+1:", ":\u2060white_check_mark: done :\u2060+1:"),
    ],
)
def test_nobody_writes_in_bold_or_with_emoji_as_the_bot_does(text: str, shown: str) -> None:
    assert escape(text) == shown


@each_of(
    "text",
    [
        "snake_case_name",
        "_internal",
        "s3:* on *",
        "2 * 3 * 4",
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::aws:policy/x",
        "12:30:00",
        "~/.aws",
        "`/org tree`",
    ],
)
def test_what_formats_nothing_stays_to_be_copied(text: str) -> None:
    assert escape(text) == text


def test_code_stays_to_be_copied_whatever_it_holds() -> None:
    assert "*bold* :tada:" in code("*bold* :tada:")


def test_a_quotation_holds_the_text_as_it_was_written() -> None:
    text = "fine\n\n*What will happen*\n1. Nothing at all.\n:white_check_mark: & <b>"
    block = quoted("Reason", text)
    title, quote = block["elements"]
    assert quote == {"type": "rich_text_quote", "elements": [{"type": "text", "text": text}]}
    assert title["elements"][0]["text"] == "Reason"
    assert problems([block], "message") == []


def test_not_even_a_quotation_holds_a_mention() -> None:
    assert "<!channel>" not in str(quoted("Reason", "<!channel> <@U0BOB>"))


def test_quotations_are_cut_with_the_rest() -> None:
    blocks = fit([quoted("Reason", "```" + "x" * 5000), section("y" * 3000)], 2000)
    assert (
        sum(len(text) for text in (blocks[0]["elements"][1]["elements"][0]["text"], blocks[1]["text"]["text"])) < 2000
    )


@given(st.text())
def test_escaped_text_holds_no_sign_that_slack_reads(text: str) -> None:
    safe = escape(text)
    assert not set("<>") & set(safe)
    assert safe.count("&") == safe.count("&amp;") + safe.count("&lt;") + safe.count("&gt;")


@given(st.text(st.sampled_from("a<&>;")), st.integers(6, 60))
def test_shortened_text_fits_and_cuts_no_escape_in_two(text: str, limit: int) -> None:
    short = shorten(escape(text), limit)
    assert len(short) <= limit
    assert short.count("&") == short.count("&amp;") + short.count("&lt;") + short.count("&gt;")


def halves(text: str) -> list[str]:
    """What is left of escape sequences that were cut in two."""
    return re.findall(r"&(?!amp;|lt;|gt;).{0,4}", text)


ENTITIES = "&lt;&amp;a&gt;"


@each_of("limit", range(1, len(ENTITIES) + 2))
def test_a_text_is_cut_beside_an_escape_sequence_and_never_within_it(limit: int) -> None:
    uncut = ["", "&lt;", "&lt;&amp;", "&lt;&amp;a"]
    longest = max((begun for begun in uncut if len(begun) < limit), key=len)
    assert shorten(ENTITIES, limit) == (ENTITIES if limit >= len(ENTITIES) else f"{longest}…")


@each_of(
    ("text", "limit", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("a &amp; b", 4, "a …"),
        ("&amp;&amp;", 9, "&amp;…"),
        ("x&gt;", 5, "x&gt;"),
        ("x&gt;y", 5, "x…"),
        ("AT&T and others", 10, "AT&T and …"),
        ("AT&Tower", 7, "AT&Tow…"),
        ("a&b; and more", 6, "a&b; …"),
    ],
)
def test_what_is_cut_is_as_long_as_it_may_be(text: str, limit: int, cut: str) -> None:
    assert shorten(text, limit) == cut


BUILDERS: dict[str, Callable[[str], object]] = {
    "section": lambda text: section(escape(text)),
    "context": lambda text: context(escape(text)),
    "fields": lambda text: fields({"Name": text}),
    "code": code,
    "several sections": lambda text: packed([escape(text)] * 3),
    "fit": lambda text: fit([section(escape(text)) for _ in range(8)]),
    "message": lambda text: body(escape(text)),
    "message with blocks": lambda text: body(escape(text), *(section(escape(text)) for _ in range(8))),
    "name in a look": lambda text: [name(text[:most], most) for most in (60, 61, 62, 63)],
    "effects": lambda text: affected(Preview(title="", facts=(), plan=(), hits=(text, *[text] * 20))).blocks,
}


@each_of("build", BUILDERS.values(), ids=BUILDERS)
@each_of("sign", "&<>")
def test_wherever_an_escaped_text_is_cut_no_escape_sequence_is_cut_in_two(
    build: Callable[[str], object], sign: str
) -> None:
    """Any beginning, so that the cut falls on each place within the sequence."""
    for before in range(len("&amp;")):
        built = str(build("x" * before + sign * 5000))
        assert f"&{ {'&': 'amp', '<': 'lt', '>': 'gt'}[sign] };" in built
        assert halves(built) == []


def test_blocks_of_any_length_fit() -> None:
    sure = confirm(LONG, LONG, LONG, LONG)
    buttons = [
        button(LONG, "one", "x" * 5000, style="danger", confirm=sure),
        url_button(LONG, "two", "https://slack.example/" + "x" * 5000),
    ]
    blocks: list[Block] = [
        header(LONG),
        section(LONG),
        section(code(LONG)),
        quoted(LONG, LONG),
        context(*[LONG] * 20),
        *fields({f"{number} {LONG}": LONG for number in range(25)}),
        {"type": "actions", "elements": buttons},
    ]
    assert problems(blocks, "message") == []


def test_ten_fields_a_section() -> None:
    assert [len(block["fields"]) for block in fields({str(number): "" for number in range(12)})] == [10, 2]


def test_what_cannot_be_cut_ends_the_cutting() -> None:
    blocks = [section("```" + "x" * 2900), *(section("y" * 50) for _ in range(200))]
    assert fit(blocks, 100) == blocks


def test_a_time_is_shown_in_the_readers_own_zone() -> None:
    moment = datetime(2030, 1, 2, 3, 7, tzinfo=UTC)
    assert slack_date(moment) == "<!date^1893553620^{date_short_pretty} at {time}|2030-01-02 03:07 UTC>"
    assert "{time_secs}" in slack_date(moment, seconds=True)


def test_a_time_that_nobody_knows_is_said_as_the_sentence_needs_it() -> None:
    assert slack_date(None) == ""
    assert slack_date(None, none="an unknown time") == "an unknown time"


def test_a_time_that_the_bots_sentence_names_is_shown_in_the_readers_own_zone() -> None:
    told = (
        f"It is tried again until {zoned(datetime(2030, 1, 8, 10, 0, tzinfo=UTC))}; nothing has to be approved again."
    )
    assert escape(told) == (
        "It is tried again until <!date^1894096800^{date_short_pretty} at {time}|2030-01-08 10:00 UTC>; nothing has to be "
        "approved again."
    )
    assert clean(told) == "It is tried again until 2030-01-08 10:00 UTC; nothing has to be approved again."
    assert escape("somebody wrote 2030-01-08 10:00 UTC") == "somebody wrote 2030-01-08 10:00 UTC"


# `/readyz` and a picture show no Slack dates.
WITHOUT_SLACK = {
    "approvals/request/quarantine.py",
    "approvals/slack/blocks.py",
    "handlers/queries/drawing.py",
    "operations/snapshot/names.py",
}


def test_no_sentence_names_a_time_in_a_zone_that_is_not_the_readers() -> None:
    found = {
        str(file.relative_to(ROOT))
        for room in ("approvals", "handlers", "operations")
        for file in (ROOT / room).rglob("*.py")
        if re.search(r"\butc\((?!.*date_only)", file.read_text(encoding="utf-8"))
    }
    assert found == WITHOUT_SLACK
