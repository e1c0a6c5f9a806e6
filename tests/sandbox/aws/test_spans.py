import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.spans import Located, position

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@given(VALUES, st.sampled_from([None, 2]))
def test_each_element_stands_where_it_is_said_to(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    located = Located(text)
    for path, (start, end) in located.spans.items():
        assert json.loads(text[start:end]) == at(value, path)


def test_a_key_that_comes_twice() -> None:
    located = Located('{"a": {"x": 1, "y": 2}, "a": [3]}')
    assert located.span(("a",))["start"]["offset"] == 29


def test_what_has_no_place_has_that_of_what_is_around_it() -> None:
    located = Located('{"a": 1}')
    assert located.span(("a", "b", 3)) == located.span(("a",))


def test_positions_count_lines_from_one_and_columns_from_zero() -> None:
    assert position("a\nbc", 3) == {"line": 2, "column": 1, "offset": 3}
    assert position("a\nbc", 0) == {"line": 1, "column": 0, "offset": 0}
