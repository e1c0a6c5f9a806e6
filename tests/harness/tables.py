"""Tables whose rows take no time: one test goes over all of them, and lists those that fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any

from _pytest.mark.structures import ParameterSet

Test = Callable[..., None]


def each_of(names: str | Sequence[str], rows: Iterable[Any], ids: Any = None) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize`, but for one test. Thousands of tests that take no time themselves take a minute to hand out."""
    called = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = dict(_named(called, rows, ids))
    assert table, "a table without a row shows nothing"

    def decorate(test: Test) -> Test:
        @wraps(test)
        def all_rows(**given: Any) -> None:
            failed = dict(_failures(test, given, table))
            if failed:
                first = next(iter(failed.values()))
                told = "\n\n".join(f"{row}: {type(error).__name__}: {error}" for row, error in failed.items())
                raise AssertionError(f"{len(failed)} of the rows fail\n{told}") from first

        taken = inspect.signature(test)
        left = [parameter for name, parameter in taken.parameters.items() if name not in called]
        all_rows.__signature__ = taken.replace(parameters=left)  # type: ignore[attr-defined]  # By it pytest knows the fixtures.
        return all_rows

    return decorate


def _named(called: list[str], rows: Iterable[Any], ids: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row's name, and its values by their names."""
    names = list(ids) if ids is not None and not callable(ids) else []
    for number, row in enumerate(rows):
        values = row.values if isinstance(row, ParameterSet) else row if len(called) > 1 else (row,)
        name = f"{names[number]}" if names else repr(values if len(called) > 1 else values[0])
        yield f"{number}, {name}", dict(zip(called, values, strict=True))


def _failures(test: Test, given: dict[str, Any], rows: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Exception]]:
    for name, values in rows.items():
        try:
            test(**given, **values)
        except Exception as error:  # noqa: BLE001  Whatever it is, the other rows are tried as well.
            yield name, error
