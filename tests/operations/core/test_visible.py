"""What nobody sees is refused by name and place, and what people see is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.core.fields import FieldKind
from operations.core.visible import InvisibleError, check, escaped, is_visible
from tests.harness.tables import each_of

TEXT, LONG, DOCUMENT, TAGS = FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.DOCUMENT, FieldKind.TAGS


def said(value: object, kind: FieldKind) -> str:
    with pytest.raises(InvisibleError) as raised:
        check(value, kind)
    return str(raised.value)


@each_of(
    ("value", "kind", "words"),
    [
        ("a\u00adb", TEXT, "column 2 holds an invisible character, U+00AD SOFT HYPHEN. Remove it."),
        ("a\nb", TEXT, "column 2 holds an invisible character, U+000A LINE FEED"),
        ("a\tb", TEXT, "U+0009 TAB"),
        ("one\ntwo\u202e", LONG, "line 2, column 4 holds an invisible character, U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("one\rtwo", LONG, "line 1, column 4 holds an invisible character, U+000D CARRIAGE RETURN"),
        ('{\n\n  "s3:Get\u00adX": 1}', DOCUMENT, "line 3, column 10 holds an invisible character, U+00AD SOFT HYPHEN"),
        (r'{"a":"s3:\u00adX"}', DOCUMENT, "line 1, column 10 holds an invisible character, U+00AD SOFT HYPHEN"),
        (r'{"a":"\udb40\udc41"}', DOCUMENT, "U+E0041 TAG LATIN CAPITAL LETTER A"),
        (r'{"a":"\ud800"}', DOCUMENT, "U+D800"),
        (r'{"a":"\b"}', DOCUMENT, "U+0008"),
        (["a=b", "c=d\u200b"], TAGS, "value 2, column 4 holds an invisible character, U+200B ZERO WIDTH SPACE"),
        ({"owner": "we\ufeffb"}, TAGS, "value 2, column 3"),
        (["a=b\nc=d"], TAGS, "U+000A LINE FEED"),
        ("a\ue000", TEXT, "U+E000."),
        ("a\u2028b", LONG, "U+2028 LINE SEPARATOR"),
        ("a\ufe0f", TEXT, "U+FE0F VARIATION SELECTOR-16"),
        ("⚙\ufe05", TEXT, "column 2 holds an invisible character, U+FE05 VARIATION SELECTOR-6"),
        ("⚙\U000e0101", TEXT, "U+E0101 VARIATION SELECTOR-18"),
    ],
)
def test_it_is_refused_with_its_place_and_name(value: object, kind: FieldKind, words: str) -> None:
    assert words in said(value, kind)


@each_of(
    ("value", "kind"),
    [
        ("Straße 12, 東京, שלום", TEXT),
        ("⚙\ufe0f Operations", TEXT),
        ("a=b\n\tc=d\n", TAGS),
        (" padded \n", TEXT),
        ("one\r\n\ttwo\n", LONG),
        ('\ufeff{\r\n\t"a": "line\\nline\\t"}\n', DOCUMENT),
        (r'{"a":"\\u00ad is no escape"}', DOCUMENT),
        (None, TEXT),
        (7, TEXT),
    ],
)
def test_what_people_see_passes(value: object, kind: FieldKind) -> None:
    check(value, kind)


# Source: Unicode Character Database, "DerivedCoreProperties.txt" (Default_Ignorable_Code_Point).
IGNORABLE = (
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xE0000, 0xE1000),
)


def test_whatever_unicode_says_is_not_drawn_is_refused_also_as_an_escape() -> None:
    for code in IGNORABLE:
        assert f"U+{code:04X}" in said(f"a{chr(code)}b", TEXT)
        assert f"U+{code:04X}" in said(json.dumps({"a": f"s3:{chr(code)}X"}), DOCUMENT)


@given(st.text(max_size=20))
def test_whatever_passes_is_seen(text: str) -> None:
    try:
        check(f"x{text}x", TEXT)
    except InvisibleError:
        return
    assert all(is_visible(character) and character not in "\n\t" for character in text)


@given(st.text(max_size=20))
def test_a_document_shows_what_nobody_sees_as_escapes_that_mean_the_same(text: str) -> None:
    document = json.dumps({"a": text}, ensure_ascii=False)
    shown = escaped(document)
    assert json.loads(shown) == json.loads(document)
    assert all(map(is_visible, shown))
