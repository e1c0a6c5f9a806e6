"""A text that is no JSON is told in words of our own, at the same place by whichever Python."""

from __future__ import annotations

import json

from operations.core.json_fault import json_fault, refused_as_json
from tests.harness.tables import each_of

DOCUMENT = '{"a": [1, -2.5e3, "x\\n\\u00e9"],\n "b": {"c": true, "d": null}, "e": [], "f": {}}'
ODD = "{}[]\",:\\/ \n\t\x01aentfu019-+.eE'“\uff1a\u00a0\u200b"
INTERPRETERS = ("expecting", "delimiter", "illegal", "extra data", "unterminated", "invalid control", "escape")


def changed() -> set[str]:
    """The document with one character less, other or more, at each place, and cut off there."""
    places = range(len(DOCUMENT))
    return {
        *(DOCUMENT[:at] for at in places),
        *(DOCUMENT[:at] + DOCUMENT[at + 1 :] for at in places),
        *(DOCUMENT[:at] + odd + DOCUMENT[at + cut :] for at in places for odd in ODD for cut in (0, 1)),
    }


def test_a_place_is_named_for_exactly_what_the_parser_refuses() -> None:
    for text in sorted(changed()):
        try:
            json.loads(text)
        except json.JSONDecodeError:
            fault = json_fault(text)
            assert fault is not None, text
            assert 0 <= fault.at <= len(text), text
            assert not any(word in fault.says.lower() for word in INTERPRETERS), (text, fault)
        else:
            assert json_fault(text) is None, text


@each_of(
    ("text", "said"),
    [
        ('{"a": 1,}', "line 1, column 8: there is a comma too many before “}”. Take it out."),
        ("[1,\n]", "line 1, column 3: there is a comma too many before “]”. Take it out."),
        ('{"a": "x\n"}', "line 1, column 9: there is a line break within a text. Write \\n for it, or end the text."),
        ('{"a": "C:\\x"}', "line 1, column 10: there is a backslash that JSON doesn't know."),
        ('{\n"a": "b}', "line 2, column 6: the text that begins here isn't closed. End it with a double quote."),
        ("{a: 1}", "line 1, column 2: expected a key in double quotes or “}”, found “a”."),
        ('{"a": 1', "line 1, column 8: expected a comma or “}”, found the end."),
        ("{} {}", "line 1, column 4: expected the end, found “{”."),
        ('{"a"\u200b: 1}', "line 1, column 5: expected a colon, found ZERO WIDTH SPACE."),
    ],
)
def test_it_says_where_what_was_found_and_the_way_out(text: str, said: str) -> None:
    assert said in refused_as_json(text, 0)
