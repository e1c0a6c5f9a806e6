"""Mutation testing of the heart: would the tests notice if a line were wrong?

`make mutants` changes the modules of `heart.py` in one small way at a time (`<` becomes `<=`, a condition or a call is gone, …)
and runs the tests that reach the change. A change that no test notices is a survivor: either a test is missing, or the change
makes no difference, which is then said in `survivors.toml` with the reason. Fewer than 95 % noticed: exit code 1.

    make mutants                          everything
    make mutants ONLY=quorum              one module, or several parted by commas
    make mutants SAMPLE=150 SEED=3        so many, drawn by this seed
    make mutants AGAIN=yes                what an earlier run has not noticed, or not tried: after new tests, or after ^C
    make mutants BUDGET=6                 with so many seconds of tests for each mutant instead of 20: quicker, and notices less
    make mutants NEAR=yes                 by the tests of the modules' own rooms alone: quicker, and notices less

How it goes, and where it stands:

1. `reach.py` runs the tests once and keeps which test executes which line, as `marked.py` notes it (in `.mutants/`, file by file
   of tests, until that one or the module changes): those of the module's own room (`tests/approvals/request` for
   `approvals/request/decide.py`) first, and all others only when those have let something through.
2. `operators.py` says what may be changed, `mutant.py` finds the places.
3. `warm.py` forks from a process that has the module and the tests loaded, puts the changed code into the functions, and runs
   the tests that reach it until one fails. For what import carries out, `trial.py` forks from a process that has the libraries
   loaded (`libraries.py`) but nothing of ours, and imports the changed module in place of the real one. `pool.py` says which
   tests come first, and keeps every processor busy.
4. `report.py` counts, and writes the survivors down as entries for `survivors.toml` (`.mutants/survivors.toml`).

mutmut 3 was looked at first. It leaves out what the heart consists of in good part: module constants, class bodies (a rule's
defaults, the ways between states), functions with decorators; and it knows equivalents by comments in the code only.
"""
