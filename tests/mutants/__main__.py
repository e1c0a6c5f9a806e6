"""`make mutants`: see the package's docstring."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.mutants import libraries
from tests.mutants.heart import HEART
from tests.mutants.mutant import Key, Mutant, mutants_of
from tests.mutants.pool import BUDGET, Fate, Pool, Result
from tests.mutants.reach import KEPT, Reach, reach
from tests.mutants.report import NOTICED, Noticed, Report, listed, strays

LEAST = 95.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutants", description="Would the tests notice if a line of the heart were wrong?"
    )
    parser.add_argument("--only", default="", help="modules by name, parted by commas")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="only what was not noticed by an earlier run")
    parser.add_argument("--near", action="store_true", help="judged by the tests of their own room alone")
    parser.add_argument("--budget", type=float, default=BUDGET, help="seconds of tests for one mutant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="say which mutants there are, and try none")
    return parser.parse_args()


def chosen_paths(only: str) -> list[str]:
    """The modules of the heart, or those that were named; a name that is none of them ends the program."""
    names = [name for name in only.split(",") if name]
    unknown = set(names) - {Path(path).stem for path in HEART}
    if unknown:
        sys.exit(f"no module of the heart (tests/mutants/heart.py): {', '.join(sorted(unknown))}")
    return [path for path in HEART if not names or Path(path).stem in names]


def drawn(mutants: list[Mutant], sample: int, seed: int) -> list[Mutant]:
    """A sample in the order of the code, or all."""
    if not sample or sample >= len(mutants):
        return mutants
    numbers = random.Random(seed).sample(range(len(mutants)), sample)  # noqa: S311  No secret.
    return [mutants[number] for number in sorted(numbers)]


def check_controls(pool: Pool, mutants: list[Mutant]) -> None:
    """Each module's tests pass as long as nothing is changed, in the very way in which mutants are tried."""
    for mutant in {mutant.path: mutant for mutant in mutants if pool.order(mutant)}.values():
        failing = pool.control(mutant)
        if failing:
            sys.exit(f"nothing was changed in {mutant.path}, and yet: {failing}")


def known_reach(console: Console, asked: argparse.Namespace, *, near: bool) -> Reach:
    console.print(f"Which test{' of the same room' if near else ''} reaches which line ...")
    found = reach(asked.jobs, chosen_paths(asked.only), near=near)
    for test in sorted(found.failed):
        console.print(f"fails already, and is left out: {test}", markup=False, soft_wrap=True)
    return found


def judged(console: Console, asked: argparse.Namespace, mutants: list[Mutant]) -> Iterator[Result]:
    """By the tests of their own room, and by all others what those let through: most are noticed at home."""
    near = Pool(known_reach(console, asked, near=True), asked.jobs, asked.budget)
    left: dict[Key, Result] = {}
    console.print(f"{len(mutants)} mutants, {asked.jobs} at a time ...")
    check_controls(near, mutants)
    for result in near.results(mutants):
        if asked.near or result.fate in NOTICED:
            yield result
        else:
            left[result.mutant.key] = result
    if left:
        again = [mutant for mutant in mutants if mutant.key in left]
        far = Pool(known_reach(console, asked, near=False), asked.jobs, asked.budget, near)
        console.print(f"{len(again)} of them by the tests of other rooms ...")
        check_controls(far, again)
        for result in far.results(again):
            yield left[result.mutant.key] if result.fate is Fate.UNREACHED else result


def main() -> int:
    asked, console, begun = arguments(), Console(), time.monotonic()
    everything = [mutant for path in chosen_paths(asked.only) for mutant in mutants_of(path)]
    known = listed()
    for key in strays(known, everything):
        console.print(f"listed in survivors.toml, and no longer there: {key}", markup=False, soft_wrap=True)
    tried = drawn([mutant for mutant in everything if mutant.key not in known], asked.sample, asked.seed)
    if asked.list:
        for mutant in tried:
            console.print(
                f"{mutant.path}:{mutant.lines.start}\n- {mutant.key.was}\n+ {mutant.key.becomes}", markup=False
            )
        return 0
    report = Report(console, Noticed(KEPT / "noticed"))
    if asked.again:
        for mutant in tried:
            if report.noticed.has(mutant):
                report.add_known(mutant)
        tried = [mutant for mutant in tried if not report.noticed.has(mutant)]
    libraries.load(chosen_paths(asked.only))
    for result in judged(console, asked, tried):
        report.add(result)
    report.write(KEPT / "survivors.toml")
    report.end(LEAST, time.monotonic() - begun, sum(mutant.key in known for mutant in everything))
    return 0 if report.score() >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
