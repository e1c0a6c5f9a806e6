"""What is changed, what is left alone, and by what a mutant is known."""

from __future__ import annotations

import ast
import gc
import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.harness.tables import each_of
from tests.mutants.heart import HEART, ROOT, TESTS
from tests.mutants.marked import NOTE, marked
from tests.mutants.mutant import Mutant, mutants_of
from tests.mutants.reach import Reach, _own_lines, index_of
from tests.mutants.report import listed, strays
from tests.mutants.warm import functions_of, hold


def texts(code: str, tmp_path: Path) -> list[str]:
    """What takes a statement's place, each as one line."""
    (tmp_path / "some.py").write_text(code, encoding="utf-8")
    return [mutant.key.becomes for mutant in mutants_of("some.py", tmp_path)]


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("found = a < b", "found = a <= b"),
        ("found = a < b", "found = a >= b"),
        ("found = a in b", "found = a not in b"),
        ("found = a and b", "found = a or b"),
        ("found = a and b and c", "found = a and c"),
        ("found = not a", "found = a"),
        ("found = [a for a in b if c]", "found = [a for a in b]"),
        ("found = 3", "found = 4"),
        ("found = 3", "found = 2"),
        ("found = True", "found = False"),
        ("found = 'word'", "found = 'XXword'"),
        ("found = a + timedelta(hours=1)", "found = a - timedelta(hours=1)"),
        ("found = a | b(c)", "found = a"),
        ("found = f(a, key=b)", "found = f(a)"),
        ("found = max(a, b)", "found = min(a, b)"),
        ("found = max(a, b)", "found = max(b)"),
        ("found = query.where(a).limit(b)", "found = query.where(a)"),
        ("found = {a, b}", "found = {b}"),
        ("found = {a: b}", "found = {}"),
        ("found = (a, b)", "found = (a,)"),
        ("f()", "pass"),
        ("a.b = c", "pass"),
        ("raise a", "pass"),
        ("a += b", "a -= b"),
        ("if a:\n    b", "if not a:"),
        ("while a:\n    break", "continue"),
        ("def f(a=1):\n    b", "def f(a=2):"),
        ("def f():\n    return a", "return None"),
        ("match a:\n    case B(c=True):\n        d", "case B(c=False):"),
        ("match a:\n    case B() | C():\n        d", "case C():"),
        ("try:\n    a\nexcept (B, C):\n    d", "except (C,):"),
        ("try:\n    a\nexcept B:\n    d\nexcept C:\n    d", "try\nexcept C:"),
    ],
)
def test_a_small_mistake(line: str, mistake: str, tmp_path: Path) -> None:
    assert mistake in texts(line, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        '"""A docstring."""',
        "import a",
        "say = 'A sentence for people.'",
        "say = f'Word{a}'",
        "log.warning('word')",
        "found: Literal['word']",
        "Either = A | B",
        "Answer = dict[str, Any]",
        "number = request.id or 0",
        "@dataclass(frozen=True)\nclass A:\n    pass",
    ],
)
def test_what_is_left_alone(line: str, tmp_path: Path) -> None:
    assert texts(line, tmp_path) == []


def test_a_mutant_is_known_by_its_text_so_that_lines_may_move(tmp_path: Path) -> None:
    keys = []
    for before in ("", "import a\n\n\n"):
        (tmp_path / "some.py").write_text(
            f"{before}class A:\n    def f(self):\n        return a == b\n", encoding="utf-8"
        )
        keys.append([mutant.key for mutant in mutants_of("some.py", tmp_path)])
    assert keys[0] == keys[1]
    assert keys[0][0].function == "A.f"


def test_what_leaves_a_handler_or_a_case_out_is_judged_by_the_tests_that_get_there(tmp_path: Path) -> None:
    code = "try:\n    a\nexcept B:\n    c\nexcept D:\n    e\n    f\nmatch g:\n    case 1:\n        h\n    case I():\n        j\n"
    (tmp_path / "some.py").write_text(code, encoding="utf-8")
    lines = {mutant.key.becomes: mutant.lines for mutant in mutants_of("some.py", tmp_path)}
    assert (lines["try\nexcept B:"], lines["try\nexcept D:"]) == (range(6, 8), range(4, 5))
    assert (lines["match\ncase 1:"], lines["match\ncase I():"]) == (range(12, 13), range(10, 11))


def test_what_is_carried_out_is_noted_by_the_first_line_of_each_statement() -> None:
    code = """
def f(a):
    "A docstring."
    if a:
        return [
            1,
        ]
    try:
        return (lambda: a[0])()
    except TypeError:
        return 0
"""
    found: set[tuple[int, int]] = set()
    world: dict[str, Any] = {NOTE: found.add}
    exec(compile(marked(ast.parse(code), 7), "some.py", "exec"), world)  # noqa: S102
    assert (world["f"].__doc__, world["f"](0)) == ("A docstring.", 0)
    assert found == {(7, line) for line in (4, 8, 9, 10, 11)}


def test_functions_are_found_though_the_collector_was_told_to_leave_them_alone() -> None:
    """As `conftest.py` tells it; what is not found is tried in a process of its own, which takes twenty times as long."""
    gc.freeze()
    found = functions_of([hold.__module__])[hold.__module__]
    assert {hold, functions_of} <= set(found)


def everything() -> list[Mutant]:
    return [mutant for path in HEART for mutant in mutants_of(path)]


def test_the_heart_is_where_it_is_said_to_be() -> None:
    assert [path for path in (*HEART, *TESTS) if not (ROOT / path).exists()] == []
    assert len({Path(path).stem for path in HEART}) == len(HEART), "survivors are known by the module's last name"


def test_every_mutant_has_a_key_of_its_own_and_is_another_program() -> None:
    mutants = everything()
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    assert [mutant.key for mutant in mutants if mutant.key.was == mutant.key.becomes] == []
    for path in HEART:
        last = mutants_of(path)[-1]
        assert isinstance(last.changed_tree(), ast.Module)
        compile(last.changed_tree(), path, "exec")


@pytest.mark.parametrize(
    "code",
    [
        "ENDS = {1, 2}\nWAYS = {0: ENDS}\n\n\ndef after(state):\n    return WAYS[state]\n",
        "ENDS, WAYS = 1, 2\n\n\n\ndef after(state):\n    return WAYS\n",
        "WAYS = 1\n\n\n\ndef after(state):\n    return [\n        WAYS,\n    ]\n",
    ],
    ids=["of another one", "with another one", "in the middle of a statement"],
)
def test_a_constant_is_reached_through_what_is_made_of_it(tmp_path: Path, code: str) -> None:
    (tmp_path / "some.py").write_text(code, encoding="utf-8")
    known = Reach({"some.py": {6: {"test_after"}}}, {"test_after": 0.1})
    known.__dict__["_index"] = index_of(known.lines, tmp_path)
    assert known.tests_of(mutants_of("some.py", tmp_path)[0]) == {"test_after"}


@each_of("here", ["tests/mutants/test_mutants.py"])
def test_a_test_carries_its_own_lines_out_in_which_constants_are_named(
    request: pytest.FixtureRequest, here: str
) -> None:
    """Else what only stands there, such as the states, would be reached by nothing that calls nothing of ours."""
    ((path, lines),) = _own_lines(request.node)
    assert path == here
    assert inspect.stack()[0].lineno in lines


def test_what_is_listed_is_still_there_and_has_a_reason() -> None:
    known = listed()
    assert strays(known, everything()) == []
    assert [key for key, reason in known.items() if not reason.strip()] == []
