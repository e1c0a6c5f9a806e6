"""What Slack and keyboards do to text is undone, and quotes hold values together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.parser import split
from handlers.typed import DASHES, DOUBLE, LONGEST, SINGLE, UnreadableError, Word, undone, words
from tests.harness.tables import each_of


@pytest.mark.parametrize(
    ("arrived", "meant"),
    [
        ("--email <mailto:a@b.example|a@b.example>", "--email a@b.example"),
        ("--email <mailto:a@b.example>", "--email a@b.example"),
        ("--name <http://web.example|web.example>", "--name web.example"),
        ("see <https://web.example/x>", "see https://web.example/x"),
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("&amp;lt;", "&lt;"),
        ("<@U0BOB> <!channel>", "<@U0BOB> <!channel>"),
    ],
)
def test_rewriting_is_undone(arrived: str, meant: str) -> None:
    assert undone(arrived) == meant


@each_of(
    ("text", "expected"),
    [
        ("a\u00a0b\tc\nd\u2028e", ["a", "b", "c", "d", "e"]),
        ('--reason "two words"', ["--reason", "two words"]),
        ('--reason="two words"', ["--reason=two words"]),
        ("--reason \u201ctwo words\u201d", ["--reason", "two words"]),
        ("--reason \u2018two words\u2019", ["--reason", "two words"]),
        ('--reason \u201ctwo words"', ["--reason", "two words"]),
        ('--reason "say \u201chi\u201d now"', ["--reason", "say \u201chi\u201d now"]),
        ('--reason "say \\"hi\\" now"', ["--reason", 'say "hi" now']),
        ("--reason 'Alice's account'", ["--reason", "Alice's account"]),
        ("--name O'Brien 5\"", ["--name", "O'Brien", '5"']),
        ('owner="web team"', ["owner=web team"]),
        ('--name ""', ["--name", ""]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert [word.text for word in words(text)] == expected


@pytest.mark.parametrize(
    "text", ['--reason "two words', "--reason 'two words", "--reason=\u201ctwo", "--reason «two words"]
)
def test_an_open_quote_is_shown(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"two( words)? is never closed"):
        words(text)


@pytest.mark.parametrize("text", ["--name", "\u2014name", "\u2013name", "--Name", "--name=x", "\u2015name"])
def test_flags(text: str) -> None:
    assert words(text)[0].flag() == "--name"


@pytest.mark.parametrize("text", ["name", "-name", '"--name"', "--", "-5", "—"])
def test_no_flags(text: str) -> None:
    assert words(text)[0].flag() == ""


def test_a_very_long_text_is_refused_before_it_is_looked_at() -> None:
    assert undone("x" * LONGEST) == "x" * LONGEST
    with pytest.raises(UnreadableError, match="8,001 characters"):
        undone("<" * (LONGEST + 1))


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=DOUBLE + SINGLE + "\\=")))
def test_whatever_is_quoted_comes_through(text: str) -> None:
    assert [word.text for word in words(f'x "{text} {text}" y')] == ["x", f"{text} {text}", "y"]


DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Sid": "a } b", "Effect": "Deny"}]}'
CURLY = DOCUMENT.replace('"', "“")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"--content {DOCUMENT} --name x", DOCUMENT),
        (f"--content={DOCUMENT} --name x", f"--content={DOCUMENT}"),
        (f"--content ```\n{DOCUMENT}\n``` --name x", f"```\n{DOCUMENT}\n```"),
        (f"--content {CURLY} --name x", CURLY),
    ],
)
def test_a_document_needs_no_quotes(text: str, value: str) -> None:
    found = [word.text for word in words(text)]
    assert value in found
    assert found[-2:] == ["--name", "x"]


def test_a_document_that_stays_open_is_cut_into_words_as_any_other_text() -> None:
    assert [word.text for word in words("{a b")] == ["{a", "b"]


@each_of(
    "pasted",
    [
        "create-ou --name x",
        "`create-ou --name x`",
        "```create-ou --name x```",
        "```\ncreate-ou --name x\n```",
        "/org create-ou --name x",
        " /ORG  /org create-ou --name x",
        "`/org create-ou --name x`",
        "/org `create-ou --name x`",
        "`create-ou` --name `x`",
    ],
)
def test_a_command_is_read_as_it_stands_in_a_document(pasted: str) -> None:
    word, rest = split(pasted)
    assert (word, [one.text for one in words(rest)]) == ("create-ou", ["--name", "x"])


@pytest.mark.parametrize("text", ["`", "``", "`a", "/organize x", "a `b` /org"])
def test_what_only_looks_like_that_stays(text: str) -> None:
    assert undone(text) == text


@each_of(
    ("text", "found"),
    [
        ("`a b` c", [Word("a b", quoted=True), Word("c")]),
        ("x=`a b`", [Word("x=a b")]),
        ("`a`, `b`", [Word("a,", quoted=True, commas=1), Word("b", quoted=True)]),
        ("`--name`", [Word("--name", quoted=True)]),
        ("`a b", [Word("`a"), Word("b")]),
        ("`a`b", [Word("`a`b")]),
        ("« a b » c", [Word("a b", quoted=True), Word("c")]),
        ("«\u202fa b\u202f»", [Word("a b", quoted=True)]),
        ("»a b«", [Word("a b", quoted=True)]),
        ("\u2039a b\u203a", [Word("a b", quoted=True)]),
        ("x=«a b»", [Word("x=a b")]),
    ],
)
def test_backticks_and_french_quotes_hold_words_together(text: str, found: list[Word]) -> None:
    assert words(text) == found


@pytest.mark.parametrize("unseen", ["\u200b", "\u200e", "\ufeff", "\u00ad"])
def test_a_flag_is_one_whatever_nobody_sees_in_it(unseen: str) -> None:
    (flag, value) = words(f"{unseen}--na{unseen}me we{unseen}b")
    assert flag.flag() == "--name"
    assert value.text == f"we{unseen}b", "a value is refused with its place, and not changed"


@each_of(
    ("text", "found"),
    [
        ("  a  b ", [Word("a"), Word("b")]),
        ("a, b,,", [Word("a,", commas=1), Word("b,,", commas=2)]),
        (",a", [Word(",a")]),
        ('"a,"', [Word("a,", quoted=True)]),
        ('"a", ', [Word("a,", quoted=True, commas=1)]),
        ('a="b,",', [Word("a=b,,", commas=1)]),
        ("a'b c", [Word("a'b"), Word("c")]),
        ("a{b c}", [Word("a{b"), Word("c}")]),
        ('x={"a": {"b": 1}},', [Word('x={"a": {"b": 1}},', commas=1)]),
        ('{"a": {}, "c": "}"} b', [Word('{"a": {}, "c": "}"}'), Word("b")]),
        ('{"a": "}"} b', [Word('{"a": "}"}'), Word("b")]),
        ('{"X": "} y"} b', [Word('{"X": "} y"}'), Word("b")]),
        ("X y", [Word("X"), Word("y")]),
        ('{a {"b": 1}', [Word("{a"), Word('{"b":'), Word("1}")]),
        ('{"a: }} b', [Word('{"a: }}'), Word("b")]),
        ("a {b c", [Word("a"), Word("{b"), Word("c")]),
        ("```a b", [Word("```a"), Word("b")]),
        ('"a"`b c`', [Word("a`b", quoted=True), Word("c`")]),  # What opens in the middle of a word, opens nothing.
        ("\"a\"'b c'", [Word("a'b", quoted=True), Word("c'")]),
        ('"a"{b c}', [Word("a{b", quoted=True), Word("c}")]),
        ("x=```a b", [Word("x=```a"), Word("b")]),
        ("x=```a b```c", [Word("x=```a b```c")]),
    ],
)
def test_where_a_word_begins_and_ends(text: str, found: list[Word]) -> None:
    assert words(text) == found


@each_of("quote", [*DOUBLE, *SINGLE])
def test_every_quote_of_every_keyboard_holds_words_together(quote: str) -> None:
    assert words(f"{quote}a b{quote} c") == [Word("a b", quoted=True), Word("c")]


@each_of("dash", DASHES)
def test_every_dash_of_every_keyboard_begins_a_flag(dash: str) -> None:
    assert Word(f"{dash}{dash}name").flag() == "--name"
    assert Word(f"{dash}name").flag() == ("" if dash == "-" else "--name")


@pytest.mark.parametrize(
    ("word", "value"), [("--name", None), ("--name=", ""), ("--name=x", "x"), ("--tag=a=b", "a=b")]
)
def test_what_follows_the_sign_is_a_flags_value(word: str, value: str | None) -> None:
    found = Word(word, commas=1).value()
    assert found == (None if value is None else Word(value, commas=1))


@pytest.mark.parametrize(
    ("word", "item", "goes_on"),
    [
        (Word("a"), "a", False),
        (Word("a,,", commas=2), "a", False),
        (Word(",,a"), "a", True),
        (Word(",a,", quoted=True, commas=1), ",a", False),
    ],
)
def test_commas_around_one_of_a_list_part_it_from_the_others(word: Word, item: str, *, goes_on: bool) -> None:
    assert (word.item(), word.goes_on()) == (item, goes_on)


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ('"two\n words', '"two words'),
        ('"' + "x" * 39, '"' + "x" * 39),
        ('"' + "x" * 40, '"' + "x" * 38 + "…"),
        ('"' + " " * 98 + "yz", '" y'),
    ],
)
def test_of_an_open_quote_so_much_is_shown_as_one_finds_it_by(text: str, begun: str) -> None:
    with pytest.raises(UnreadableError, match="never closed") as raised:
        words(f"--reason {text}")
    assert f"begins at {begun} is never closed" in str(raised.value)
