"""Mutation testing of the heart: would the tests notice if a line were wrong?

`make mutants` changes the modules of `heart.py` in one small way at a time (`<` becomes `<=`, a condition or a call is gone, …)
and runs the tests that reach the change. A change that no test notices is a survivor: either a test is missing, or the change
makes no difference, which is then said in `survivors.toml` with the reason. Fewer than 95 % noticed: exit code 1.

    make mutants                          everything
    make mutants ONLY=quorum              one module, or several parted by commas
    make mutants SAMPLE=150 SEED=3        so many, drawn by this seed
    make mutants AGAIN=yes                what an earlier run has not noticed, or not tried: after new tests, or after ^C

How it goes, and where it stands:

1. `reach.py` runs the tests once under coverage.py and keeps which test executes which line (in `.mutants/`, until a file changes).
2. `operators.py` says what may be changed, `mutant.py` finds the places.
3. `trial.py` forks from a process that has the libraries loaded (`libraries.py`) but nothing of ours, imports the changed
   module in place of the real one, and runs the tests that reach it until one fails; `pool.py` keeps every processor busy.
4. `report.py` counts, and writes the survivors down as entries for `survivors.toml` (`.mutants/survivors.toml`).

mutmut 3 was looked at first. It leaves out what the heart consists of in good part: module constants, class bodies (a rule's
defaults, the ways between states), functions with decorators; and it knows equivalents by comments in the code only.
"""
