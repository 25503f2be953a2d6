# Deskbell's development commands, for Linux and macOS. The README has the pip commands for Windows.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

PY       := $(VENV)/bin/python
APP      := $(VENV)/.app-installed
DEV      := $(VENV)/.dev-installed
FUZZ     := $(VENV)/.fuzz-installed
FINDS    := build/fuzz
FROZEN   := dist/deskbell/deskbell-desktop
SYSTEM   := PYTHON=$(PYTHON) packaging/linux/system-packages
INSTALL  := $(PY) -m pip install --quiet --disable-pip-version-check
PYTEST   := $(PY) -m pytest
PACKAGED := dist/.packaged
SOURCES   = $(shell find core desktop resources packaging/pyinstaller -type f -not -name '*.pyc')
RECIPES   = $(shell find packaging/deb packaging/linux -type f -not -name '*.pyc')

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-fast test-packages bench soak fuzz screenshots lint format types imports package check clean \
        system-run system-test system-package

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: system-run $(APP)  ## Start the desktop app and ring it with sample questions
	@BIN=$(VENV)/bin packaging/linux/run-demo

test: system-package test-fast test-packages  ## Run all tests; ARGS='-k tabs' goes to pytest

test-fast: system-test $(DEV)  ## Run the tests of the source tree, without those of the packages
	$(PYTEST) -m 'not packaging' $(ARGS)

test-packages: package  ## Run the tests of the wheel, the frozen app and the .deb
	$(PYTEST) -m packaging tests/packaging $(ARGS)

bench: system-test $(DEV)  ## Measure speed and size against the goals
	$(PY) tests/bench/run.py $(ARGS)

soak: system-test $(DEV)  ## Load and kill the app for half an hour; ARGS='--minutes 1 --rounds 100' for less
	$(PY) tests/soak/run.py $(ARGS)

fuzz: $(FUZZ)  ## Fuzz the request decoder for a minute; ARGS=-max_total_time=600 for longer
	@mkdir -p $(FINDS)/corpus
	$(PY) tests/fuzz/run.py -max_total_time=60 -max_len=65536 -timeout=10 -artifact_prefix=$(FINDS)/ -print_final_stats=1 \
	    $(ARGS) $(FINDS)/corpus tests/fuzz/corpus

screenshots: system-test $(DEV)  ## Draw the README's pictures of the window
	$(PY) tests/desktop/screenshots.py $(ARGS)

lint: $(DEV)  ## Check style
	$(PY) -m ruff check
	$(PY) -m ruff format --check

format: $(DEV)  ## Mend style
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

types: $(DEV)  ## Check types
	$(PY) -m mypy

imports: $(DEV)  ## Check that lower layers know nothing of higher ones
	$(VENV)/bin/lint-imports

package: system-package $(PACKAGED)  ## Freeze the app and wrap it into a .deb, in dist/

check:  ## Do all that CI does
	.ci/run

clean:  ## Remove what was built; .venv stays
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

system-run system-test system-package:
	@$(SYSTEM) install $(@:system-%=%)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "Deskbell needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

$(APP): pyproject.toml $(VENV)/bin/python
	$(INSTALL) --upgrade 'pip>=25.1'
	$(INSTALL) --editable '.[desktop]'
	@touch $@

$(DEV): $(APP)
	$(INSTALL) --group dev
	@touch $@

$(FUZZ): $(DEV)
	$(INSTALL) --group fuzz
	@touch $@

$(FROZEN): $(DEV) $(SOURCES)
	$(PY) -m PyInstaller --noconfirm --log-level WARN packaging/pyinstaller/deskbell.spec
	@touch $@

$(PACKAGED): $(FROZEN) $(RECIPES)
	$(PY) packaging/deb/build.py
	@touch $@
