# Everything runs from a virtual environment in .venv, made from the pinned versions in requirements/dev.lock.
# With uv where it exists, else with python3 -m venv and pip; nothing else is needed.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
WHEEL   := dist/monitor-$(VERSION)-py3-none-any.whl
LOCKS   := $(wildcard requirements/*.lock)
SOURCES := pyproject.toml README.md LICENSE config.yaml $(shell find monitor -type f -not -name '*.pyc')

# Where install-systemd puts things; DESTDIR comes before each of these, to try it out or to build a package.
PREFIX   ?= /opt/monitor
CONFIG   := $(DESTDIR)/etc/monitor
UNITDIR  ?= /etc/systemd/system
UNITS    := $(DESTDIR)$(UNITDIR)
PROGRAM  := $(DESTDIR)$(PREFIX)
PAPERS   := README.md CHANGELOG.md CONTRIBUTING.md LICENSE config.yaml
UNIT     := monitor.service monitor-web.service monitor-backup.service monitor-backup.timer
# The service has what `monitor run` and `monitor web` need, and the extras that its configuration asks for. More of
# them are named as EXTRAS=apprise,browser.
EXTRAS   ?=
comma    := ,
SERVICE  := run,web$(if $(EXTRAS),$(comma)$(EXTRAS))

.PHONY: help setup demo run test check format lock bench screenshots wheel deb try-deb new-program install-systemd \
  upgrade-systemd rollback-systemd uninstall-systemd size clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(STAMP) ## make .venv from the pinned versions

$(STAMP): requirements/dev.lock pyproject.toml tools/install.py
	@$(PYTHON) tools/install.py .venv . --editable --locks dev
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

lock: $(STAMP) ## pin again what pyproject.toml asks for, for each purpose
	@$(BIN)/python tools/locks.py

bench: $(STAMP) ## all that benchmarks/ measures, beside named rivals: docs/benchmarks.md
	@$(BIN)/python benchmarks/table.py

screenshots: $(STAMP) ## the pictures in docs/, with a Chromium
	@$(BIN)/python tools/screenshots.py

wheel: $(WHEEL) ## make a wheel in dist/, for pipx or uv

$(WHEEL): $(SOURCES) requirements/build.lock
	@$(PYTHON) tools/install.py build/tools --locks build
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(date +%s)} build/tools/bin/python -m hatchling build -t wheel -d dist >/dev/null
	@touch $@
	@echo "$@"

# The package has the Python of Debian, whose release it then depends on.
DEB_VERSION ?= $(VERSION)
DEB := dist/monitor_$(DEB_VERSION)_$(shell dpkg --print-architecture 2>/dev/null).deb

deb: $(DEB) ## make a Debian package in dist/, with the system's Python

$(DEB): $(WHEEL) $(LOCKS) $(PAPERS) tools/deb.py $(wildcard docs/* systemd/* packaging/debian/*)
	@rm -rf build/deb
	@$(MAKE) --no-print-directory install-systemd DESTDIR=$(CURDIR)/build/deb PREFIX=/usr/lib/monitor \
	  UNITDIR=/usr/lib/systemd/system PYTHON=/usr/bin/python3 EXTRAS=$(EXTRAS) >/dev/null
	@/usr/bin/python3 tools/deb.py build/deb $@ --version $(DEB_VERSION)
	@rm -rf build/deb

try-deb: ## install, upgrade and remove the Debian package in a fresh Debian; as root, takes minutes
	@tools/try_deb.sh

# $(call papers,FOLDER): what the units name as documentation.
define papers
	@install -d $(1)/docs
	@install -m 644 $(PAPERS) $(1)
	@install -m 644 docs/* $(1)/docs
endef

# The units show no home directory to the program, so its Python can't lie in one.
define not-at-home
	@case "$$($(PYTHON) -c 'import sys; print(sys.base_prefix)')" in /home/*|/root/*) \
	  echo "$(PYTHON) lies in a home directory, which the units hide; say PYTHON=/usr/bin/python3" >&2; exit 1 ;; esac
endef

# The program for $(PREFIX), made beside it.
$(PROGRAM).new/.installed: $(WHEEL) $(LOCKS) $(PAPERS) tools/install.py tools/lean.py $(wildcard docs/* systemd/*)
	$(not-at-home)
	@rm -rf $(PROGRAM).new
	@$(PYTHON) tools/install.py $(PROGRAM).new $(WHEEL) --locks $(SERVICE) --lean --final $(PREFIX) \
	  --config $(CONFIG)/config.yaml
	$(call papers,$(PROGRAM).new)
	@install -d $(PROGRAM).new/systemd
	@for each in $(UNIT); do sed 's|/opt/monitor|$(PREFIX)|g' systemd/$$each > $(PROGRAM).new/systemd/$$each || exit 1; done
	@touch $@

new-program: $(PROGRAM).new/.installed

# The program that was there stays beside the new one, as $(PREFIX).old, until the next time; also where this was broken
# off when the old one was moved and the new one not yet.
$(PROGRAM)/.installed: $(SOURCES) $(LOCKS)
	$(not-at-home)
	@if [ -n "$$(ls -A $(PROGRAM) 2>/dev/null)" ] && [ ! -e $(PROGRAM)/pyvenv.cfg ]; then \
	  echo "$(PROGRAM) has other files than this program's; name another folder with PREFIX=" >&2; exit 1; fi
	@$(MAKE) --no-print-directory new-program
	@[ ! -e $(PROGRAM) ] || { rm -rf $(PROGRAM).old && mv $(PROGRAM) $(PROGRAM).old; }
	@mv $(PROGRAM).new $(PROGRAM)
	@touch $@

install-systemd: $(PROGRAM)/.installed ## install program, configuration and units, as root
	@install -d $(UNITS) $(CONFIG)
	@install -d -m 700 $(CONFIG)/secrets
	$(call papers,$(PROGRAM))
	@[ -e $(CONFIG)/config.yaml ] || install -m 644 config.yaml $(CONFIG)/config.yaml
	@for each in $(UNIT); do sed 's|/opt/monitor|$(PREFIX)|g' systemd/$$each > $(UNITS)/$$each && chmod 644 $(UNITS)/$$each || exit 1; done
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "Now say what to watch and whom to tell in $(CONFIG)/config.yaml, then: systemctl enable --now monitor.service"

upgrade-systemd: new-program ## upgrade a service: backup, new program, migration, start, health; as root
	@$(PYTHON) tools/upgrade.py upgrade --root "$(DESTDIR)" --prefix $(PREFIX)

rollback-systemd: ## go back to the program, and where it must be the state, from before upgrade-systemd
	@$(PYTHON) tools/upgrade.py rollback --root "$(DESTDIR)" --prefix $(PREFIX)

size: ## how large the installed service is, and how many packages it has
	@$(PYTHON) tools/installed.py $(PROGRAM)

uninstall-systemd: ## remove program and units, but never configuration, secrets, state or backups
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl disable --now $(UNIT) || true; fi
	@for each in $(UNIT); do rm -f $(UNITS)/$$each; done
	@for each in $(PROGRAM) $(PROGRAM).new $(PROGRAM).old; do [ ! -e $$each/.installed ] || rm -rf $$each; done
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

clean: ## remove what was made, but never state/
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
