# Everything runs from a virtual environment in .venv, made from the pinned versions in requirements.lock.
# With uv where it exists, else with python3 -m venv and pip; nothing else is needed.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed

.PHONY: help setup demo run test check format lock bench screenshots clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## make .venv from the pinned versions

$(STAMP): requirements.lock pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) .venv && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  { [ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv ; } && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

demo: $(STAMP) ## replay a published history through the real program
	@$(BIN)/monitor demo

run: $(STAMP) ## one poll of the sources in config.yaml, now
	@$(BIN)/monitor poll

test: $(STAMP) ## all tests
	@$(BIN)/python -m pytest

check: $(STAMP) ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n 0 tests/test_layers.py

format: $(STAMP) ## rewrite the code in the house's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: $(STAMP) ## pin again what pyproject.toml asks for
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --no-emit-find-links --python-version 3.11 --all-extras --upgrade -o requirements.lock pyproject.toml requirements.build.in

bench: $(STAMP) ## ratios against named rivals
	@for each in benchmarks/*.py; do $(BIN)/python $$each || exit 1; done

screenshots: $(STAMP) ## the pictures in docs/, with a Chromium
	@$(BIN)/python tools/screenshots.py

clean: ## remove what was made, but never state/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
