# Everything a person or CI runs. Needs Python 3.11 or newer with venv, and make; the rest is installed
# into .venv from the hash-locked files in requirements/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PROJECTS := pyproject.toml verify/pyproject.toml

# Each stamp says "installed from exactly these inputs"; it is remade only when one of them is newer.
RUNTIME := $(VENV)/.stamp-runtime
DEV := $(VENV)/.stamp-dev
ORACLE := $(VENV)/.stamp-oracle
BENCH := $(VENV)/.stamp-bench

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: property docs-update help demo test lint format types pytest coverage vectors transcripts docs hammer bench faults tools dev lock clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## play the whole story on real evaluation logs, then verify it
	@$(BIN)/plimsoll demo

test: lint types pytest coverage ## everything CI checks

lint: $(DEV) ## ruff, and the directions of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "hint: make format" >&2; exit 1; }
	@$(BIN)/lint-imports --no-cache

format: $(DEV) ## let ruff set the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --exit-zero --quiet .

types: $(DEV) ## mypy, strict
	@$(BIN)/mypy

pytest: $(DEV) $(ORACLE) tools ## the tests on all cores, with branch coverage of all processes
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n auto --dist loadfile $(PYTEST_ARGS)

coverage: pytest ## the report, and the gate: every branch of verify
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@$(BIN)/coverage report --include='verify/plimsoll_verify/*' --fail-under=100

property: $(DEV) ## generated input that is new each time, and many more models than in `make test` (EXAMPLES=2000)
	@PLIMSOLL_EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/pytest -q tests/property

vectors: $(DEV) ## write tests/vectors/ again (the tests compare)
	@$(BIN)/python -m tests.vectors.generate

transcripts: $(DEV) ## write tests/cli/transcripts/ again (the tests compare)
	@$(BIN)/python -m tests.cli.regenerate

docs: $(DEV) tools ## check the documentation against the code
	@$(BIN)/pytest -q tests/docs

docs-update: $(DEV) ## put into README and guide what their commands print now
	@$(BIN)/python -m tests.docs.play

faults: $(DEV) tools ## the whole crash matrix: faults at every system call, cuts at every statement
	@$(BIN)/python -m tests.faults.matrix
	@PLIMSOLL_FAULTS=all $(BIN)/pytest -q -s tests/faults

hammer: $(DEV) ## hit a served log with writers, readers and restarts for a minute (SECONDS=...)
	@$(BIN)/python benchmarks/hammer.py --seconds $(or $(SECONDS),60)

bench: $(BENCH) ## the measurements, medians with their spread
	@$(BIN)/python benchmarks/run.py

tools:
	@scripts/install_test_tools.sh

dev: $(DEV) ## an environment for work on the code, with the commit hooks
	@$(BIN)/pre-commit install

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is older than Python 3.11; try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "error: no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }

# The checkout is installed editable: --no-deps because the lock has been installed just before, and
# --no-build-isolation because the build backend is in the lock as well, with its hash.
define install
	@echo "installing $(1)"
	@$(PIP) install --require-hashes -r $(1)
	@$(PIP) install --no-deps --no-build-isolation -e ./verify -e .
	@touch $@
endef

$(RUNTIME): requirements/runtime.txt $(PROJECTS) | $(BIN)/python
	$(call install,requirements/runtime.txt)

$(DEV): requirements/dev.txt $(PROJECTS) | $(BIN)/python
	$(call install,requirements/dev.txt)
	@touch $(RUNTIME)

# From its source and without its dependencies, one of which no longer compiles (docs/decisions/0002).
$(ORACLE): requirements/oracle.txt $(DEV)
	@$(PIP) install --require-hashes --no-deps --no-build-isolation --no-binary=merkletools -r $<
	@touch $@

$(BENCH): requirements/bench.txt $(DEV)
	@$(PIP) install --require-hashes -r $<
	@touch $@

lock: ## resolve the locks again; run it with the oldest Python that is supported
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install pip-tools
	@for name in runtime dev bench; do \
		CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --generate-hashes \
			--allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host \
			--no-emit-find-links --output-file "requirements/$$name.txt" "requirements/$$name.in" \
			|| exit 1; \
	done

clean: ## remove what building and testing left
	@rm -rf build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## and the environment
	@rm -rf $(VENV)
