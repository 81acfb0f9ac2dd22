# Everything runs from a virtual environment in .venv, made from the pinned versions in requirements.lock.
# With uv where it exists, else with python3 -m venv and pip; nothing else is needed.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed

# Where install-systemd puts things; DESTDIR comes before each of these, to try it out or to build a package.
PREFIX   ?= /opt/monitor
CONFIG   := $(DESTDIR)/etc/monitor
UNITS    := $(DESTDIR)/etc/systemd/system
PROGRAM  := $(DESTDIR)$(PREFIX)
PAPERS   := README.md CHANGELOG.md CONTRIBUTING.md LICENSE config.yaml
UNIT     := monitor.service monitor-web.service monitor-backup.service monitor-backup.timer

.PHONY: help setup demo run test check format lock bench screenshots install-systemd uninstall-systemd clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# $(call install,VENV,HOW): a virtual environment with what is pinned, and monitor in it.
define install
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(1) && \
	  uv pip install --quiet --compile-bytecode --python $(1)/bin/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --compile-bytecode --python $(1)/bin/python --no-deps --no-build-isolation $(2) ; \
	else \
	  { [ -x $(1)/bin/pip ] || $(PYTHON) -m venv $(1) ; } && \
	  $(1)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(1)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(2) ; \
	fi
endef

setup: $(STAMP) ## make .venv from the pinned versions

$(STAMP): requirements.lock pyproject.toml
	$(call install,.venv,-e .)
	@$(BIN)/python -m compileall -q monitor # the process that reads files may not write what it compiles
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

bench: $(STAMP) ## all that benchmarks/ measures, beside named rivals: docs/benchmarks.md
	@$(BIN)/python benchmarks/table.py

screenshots: $(STAMP) ## the pictures in docs/, with a Chromium
	@$(BIN)/python tools/screenshots.py

# The units show no home directory to the program, so its Python can't lie in one.
$(PROGRAM)/.installed: requirements.lock pyproject.toml config.yaml $(shell find monitor -type f -not -name '*.pyc')
	@case "$$($(PYTHON) -c 'import sys; print(sys.base_prefix)')" in /home/*|/root/*) \
	  echo "$(PYTHON) lies in a home directory, which the units hide; say PYTHON=/usr/bin/python3" >&2; exit 1 ;; esac
	$(call install,$(PROGRAM),--force-reinstall .)
	@sed -i '1s|^#!$(DESTDIR)|#!|' $(PROGRAM)/bin/monitor
	@touch $@

install-systemd: $(PROGRAM)/.installed ## install program, configuration and units, as root
	@install -d $(UNITS) $(CONFIG)
	@install -d -m 700 $(CONFIG)/secrets
	@[ -e $(CONFIG)/config.yaml ] || install -m 644 config.yaml $(CONFIG)/config.yaml
	@install -d $(PROGRAM)/docs
	@install -m 644 $(PAPERS) $(PROGRAM)
	@install -m 644 docs/* $(PROGRAM)/docs
	@for each in $(UNIT); do sed 's|/opt/monitor|$(PREFIX)|g' systemd/$$each > $(UNITS)/$$each && chmod 644 $(UNITS)/$$each || exit 1; done
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Now say what to watch and whom to tell in $(CONFIG)/config.yaml, then: systemctl enable --now monitor.service"

uninstall-systemd: ## remove program and units, but never configuration, secrets, state or backups
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now $(UNIT) || true; fi
	@for each in $(UNIT); do rm -f $(UNITS)/$$each; done
	@[ ! -e $(PROGRAM)/.installed ] || rm -rf $(PROGRAM)
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

clean: ## remove what was made, but never state/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
