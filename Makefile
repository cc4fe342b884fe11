# The commands of the book; `make` alone lists them.
# They need Python 3.11+ with venv, make and git. All else comes from the lock files.

PYTHON ?= python3
PORT ?= 8000
# Files of tests, and classes in them, run side by side; the cells of one notebook stay in order.
# The chapters come first: the ledger, the longest of all, must not be what is waited for.
WORKERS ?= 2

BIN := .venv/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check
# PyTorch and JAX live apart: nothing of the book may come to need them.
BENCH_BIN := .venv/bench/bin

# What is installed is remembered in stamps: nothing is installed twice.
ENV_SITE := .venv/site.stamp
ENV_TEST := .venv/test.stamp
# What someone has who runs the cells on Binder; the tests replay the chapters there.
ENV_READER := .venv/reader.stamp
NPM_SITE := node_modules/site.stamp
NPM_TEST := node_modules/test.stamp
ENV_BENCH := .venv/bench/bench.stamp
LOCKED := constraints.txt pyproject.toml setup.py
# Compiled when the package is installed.
COMPILED := $(wildcard book_utils/dynamics/compiled/*.[ch])

# What the site is made of. The list is a file too, so that a removed chapter is a change.
SOURCES := $(shell find book extensions book_utils -type f \
	-not -name '*.so' -not -path '*/__pycache__/*' -not -path '*/.ipynb_checkpoints/*' | LC_ALL=C sort) \
	_config.yml _toc.yml
SITE := _build/html/index.html

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Nothing here gains from -j, and two installers must not work in one folder.
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules
.PHONY: help serve test book sync ledger bench lint lock clean FORCE

help:
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

serve: $(SITE) ## build the book if needed and show it on localhost (PORT=8000)
	@$(PY) -m tools.serve _build/html --port $(PORT)

test: $(ENV_TEST) $(NPM_TEST) $(ENV_READER) ## run every test, replay every chapter
	@$(PY) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

book: $(SITE) ## build the site into _build/html
	@echo "The site is in _build/html"

sync: $(ENV_SITE) ## bring texts and notebooks in step, execute what changed
	@$(PY) -m tools.sync
	@$(PY) -m tools.examples

ledger: $(ENV_SITE) ## print every statement with its evidence
	@$(PY) -m book_utils.derivations

bench: $(ENV_BENCH) ## measure how long the pieces take, beside PyTorch and JAX
	@$(BENCH_BIN)/python -m benchmarks

lint: $(ENV_TEST) ## check style and the direction of imports
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(BIN)/lint-imports

lock: $(ENV_TEST) ## pin all versions anew in constraints.txt
	@$(PY) -m tools.lock

clean: ## remove what was built (the environment stays)
	rm -rf _build .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# --- how the pieces are made -------------------------------------------------------------

$(PY):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) was not found: install Python 3.11 or newer (sudo apt-get install" \
	    "python3 python3-venv), or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is too old: this book needs Python 3.11 or newer." \
	    "Name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make environments:" \
	    "sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# Python compiles what is imported; if pip compiled everything, it would take twice as long.
$(ENV_SITE): $(LOCKED) $(COMPILED) | $(PY)
	$(PIP) install --no-compile -c constraints.txt -e '.[site]'
	@touch $@

# It holds what the site needs: from a fresh clone pip and npm run once.
$(ENV_TEST): $(LOCKED) $(COMPILED) | $(PY)
	$(PIP) install --no-compile -c constraints.txt -e '.[site,coursework,test]'
	@touch $(ENV_SITE) && touch $@

$(ENV_READER): environment.yml tools/reader.py $(LOCKED) $(COMPILED) | $(ENV_TEST)
	@$(PY) -m tools.reader .venv/reader
	@touch $@

$(ENV_BENCH): $(LOCKED) $(COMPILED) | $(PY)
	$(PY) -m venv .venv/bench
	$(BENCH_BIN)/python -m pip --disable-pip-version-check install -c constraints.txt -e '.[bench,coursework]'
	@touch $@

$(NPM_SITE): package.json package-lock.json | $(ENV_SITE)
	$(BIN)/npm ci --omit=dev
	@touch $@

$(NPM_TEST): package.json package-lock.json | $(ENV_TEST)
	$(BIN)/npm ci
	@touch $(NPM_SITE) && touch $@

_build/sources.txt: FORCE
	@mkdir -p _build
	@printf '%s\n' $(SOURCES) > $@.now
	@cmp -s $@.now $@ && rm $@.now || mv $@.now $@

# Everything is read again each time: -W sees only warnings of pages that are read, so a page
# that failed would pass on the next run. The old site goes first, so no removed page stays.
# It depends on the lock files, not on when they were installed.
$(SITE): $(SOURCES) _build/sources.txt $(LOCKED) package-lock.json | $(ENV_SITE) $(NPM_SITE)
	rm -rf _build/html
	$(BIN)/jupyter-book build . --all -W -n --keep-going
	@touch $@
