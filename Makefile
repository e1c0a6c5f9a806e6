# `make` alone lists what there is. Everything happens in .venv; only Python 3.11 or newer and make are needed.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# What is compiled once is kept: else each process of the tests would compile all of them, each time.
unexport PYTHONDONTWRITEBYTECODE
# Twice as many processes as processors, because scenarios wait more than they compute; who is done takes over from the others.
PYTEST := $(BIN)/pytest --numprocesses=$$(( 2 * $$(getconf _NPROCESSORS_ONLN) )) --dist=worksteal
# What is run for hours: the state machine, pairs of clicks, deaths of the process at every line.
TORTURE := tests/bot/test_upgrades.py tests/approvals/queue/test_every_job_stumbles.py tests/approvals/outbox/test_sending.py tests/approvals/request/test_promises.py tests/approvals/request/test_limits.py tests/approvals/request/test_simultaneous.py tests/operations/test_every_operation_survives.py tests/scenarios tests/handlers/test_mutated.py tests/bot/config/test_rules_file.py
# To try it out, what the sandbox needs is enough: little more than half of what the tests and checks need.
TRIAL := .venv/installed-sandbox
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
CODE := approvals bot handlers operations sandbox tests benchmarks docs

.DEFAULT_GOAL := help
.PHONY: help demo play test torture check docs reference messages bench mutants lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: $(TRIAL) ## a Slack workspace, an AWS organization and the bot, all on this machine (PORT=3100)
	@$(BIN)/orgbot sandbox $(if $(PORT),--port $(PORT))$(if $(ARGS), $(ARGS))

play: $(TRIAL) ## the same, which plays its whole story in the terminal and ends
	$(BIN)/orgbot sandbox --play

test: $(STAMP) ## the tests (ARGS="tests/approvals -k expire" runs some of them)
	$(PYTEST) $(ARGS)

torture: $(STAMP) ## what is worth running for hours: 10,000 runs of the state machine, of pairs of clicks, all deaths
	HYPOTHESIS_PROFILE=full $(PYTEST) --timeout=0 $(TORTURE)

check: $(STAMP) ## lint, format, types, imports, tests
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST)

docs: $(STAMP) ## the site, into build/docs; a link to nowhere or a page that no list names ends it
	$(BIN)/python -m sphinx -b dirhtml --fail-on-warning --keep-going --nitpicky --quiet docs build/docs

reference: $(STAMP) ## docs/reference anew, from the code
	$(BIN)/python -m tests.documentation reference

messages: $(STAMP) ## docs/messages.md anew: all that people read, played
	$(BIN)/python -m tests.documentation messages

bench: $(STAMP) ## speed, as ratios against bare floors
	$(BIN)/python -m benchmarks

mutants: $(STAMP) ## would the tests notice a wrong line in the heart? (ONLY=quorum,rules SAMPLE=150 SEED=3 AGAIN=yes BUDGET=6 NEAR=yes)
	$(BIN)/python -m tests.mutants $(if $(ONLY),--only $(ONLY)) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(if $(AGAIN),--again) $(if $(BUDGET),--budget $(BUDGET))$(if $(NEAR), --near)

lock: $(STAMP) ## the lock files anew from pyproject.toml (UPGRADE=--upgrade takes the newest versions)
	$(LOCK) $(UPGRADE) pyproject.toml --extra postgres -o requirements/run.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra sandbox -c requirements/run.txt -o requirements/sandbox.txt
	$(LOCK) $(UPGRADE) pyproject.toml --all-extras --group dev -c requirements/run.txt -c requirements/sandbox.txt -o requirements/dev.txt
	$(LOCK) $(UPGRADE) --group pyproject.toml:build -c requirements/dev.txt -o requirements/build.txt

clean: ## removes .venv and everything that can be made again
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .mutants build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again when a lock file or the project's own declaration changes.
$(TRIAL): requirements/sandbox.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the sandbox needs (about a minute, once) ..."
	$(call install,-r requirements/sandbox.txt -r requirements/build.txt)

$(STAMP): requirements/dev.txt pyproject.toml | .venv/bin/python
	@echo "Installing what the tests and checks need (about two minutes, once) ..."
	$(call install,-r requirements/dev.txt)

# The project itself is built by what build.txt locks, which dev.txt holds too.
define install
@$(PIP) --require-hashes $(1)
@$(PIP) --no-deps --no-build-isolation -e .
@touch $@
endef

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "orgbot needs Python 3.11 or newer; say which: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv
