# `make quickstart` and `make test` need make and Python 3.10 to 3.13, and nothing else.
#   PYTHON=/path/to/python3.12   another interpreter than the newest that is found
#   VENV=folder                  another place for the environment than .venv
#   PYTEST_ARGS='tests/data -x'  other arguments for pytest than the whole suite
#   PYTEST_JOBS=4                processes that run the tests, each with a TensorFlow of its own
#   QUICKSTART_ARGS='--steps=500'  further flags for the training
#   SERVING_ARGS='--requests=200'  further options for the requests to a server

VENV ?= .venv
CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3.10 python3 python)
PYTEST_JOBS ?= 2
BIN := $(VENV)/bin
INSTALL := @$(MAKE) --no-print-directory --silent

.PHONY: help quickstart test serving-check environment browser

help:
	@echo "make quickstart     installs, trains pix2pix on the built-in pictures, shows what it learned"
	@echo "make test           installs, runs the linter and the whole test suite"
	@echo "make serving-check  installs Ray too, and sends 10,000 requests to a server of generators"

quickstart: environment
	$(INSTALL) $(VENV)/.installed
	$(BIN)/python -m trainers.pix2pix --flagfile=trainers/flagfiles/quickstart.flags $(QUICKSTART_ARGS)

test: environment browser
	$(INSTALL) $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --numprocesses=$(PYTEST_JOBS) --dist=loadfile $(PYTEST_ARGS)

serving-check: environment
	$(INSTALL) $(VENV)/.installed-ray
	$(BIN)/python -m tests.benchmarks.serving_load $(SERVING_ARGS)

$(VENV)/.installed: setup.py
	@echo "Installing TensorFlow and what goes with it into $(VENV): 2.5 GB, some minutes."
	@$(BIN)/python -m pip install -qq --editable .
	@touch $@

$(VENV)/.installed-test: setup.py
	@echo "Installing TensorFlow and the test tools into $(VENV): 2.5 GB, some minutes."
	@$(BIN)/python -m pip install -qq --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-ray: setup.py
	@echo "Installing TensorFlow and Ray Serve into $(VENV): 2.9 GB, some minutes."
	@$(BIN)/python -m pip install -qq --editable '.[ray]'
	@touch $@ $(VENV)/.installed

# The gallery's tests drive a real browser. It is installed where make may do so; without it those
# tests are skipped, or fail where CI=true.
browser:
	@there() { for name in chromium chromium-browser google-chrome google-chrome-stable; do \
	  ! command -v $$name >/dev/null || return 0; done; \
	  ls $${PLAYWRIGHT_BROWSERS_PATH:-$$HOME/.cache/ms-playwright}/chromium-* >/dev/null 2>&1; }; \
	there && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the tests of the gallery: half a gigabyte, a minute."; \
	  (apt-get update && DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --no-install-recommends chromium) >/dev/null 2>&1; \
	fi; \
	there || echo "Chromium is missing, which the tests of the gallery need: apt-get install" \
	  "chromium, or $(BIN)/python -m playwright install --with-deps chromium." >&2

# A folder that this file did not begin to fill is somebody's, and is left alone. A command such as
# python3.13 may exist and not run (a pyenv shim), or lack venv (Debian without
# python3-venv), so each candidate is tried. The resolver of an old pip can lose itself for an hour
# in TensorFlow's dependencies, hence the upgrade.
environment:
	@check='import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))'; \
	suits() { "$$1" -c "$$check" >/dev/null 2>&1; }; \
	version() { "$$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }; \
	made=; [ ! -e $(VENV)/.created ] || ! suits $(BIN)/python || made=$$(version $(BIN)/python); \
	[ -z "$$made" ] || [ -n "$(PYTHON)" ] || exit 0; \
	for python in $(CANDIDATES); do \
	  suits "$$python" || continue; \
	  [ "$$made" != "$$(version "$$python")" ] || exit 0; \
	  if [ -n "$$made" ]; then \
	    echo "$(VENV) has Python $$made and $$python is Python $$(version "$$python"): remove" \
	      "$(VENV), or make a second environment with VENV=.venv-$$(version "$$python")." >&2; \
	    exit 1; \
	  fi; \
	  if [ -e $(VENV)/.begun ] || [ -e $(VENV)/.created ]; then rm -rf $(VENV); \
	  elif [ -n "$$(ls -A $(VENV) 2>/dev/null)" ]; then \
	    echo "$(VENV) holds something that make did not put there: remove it, or choose another" \
	      "place with VENV=folder." >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$("$$python" --version)."; \
	  mkdir -p $(VENV) && touch $(VENV)/.begun && "$$python" -m venv $(VENV) && \
	    $(BIN)/python -m pip install -qq --upgrade pip && touch $(VENV)/.created; \
	  exit; \
	done; \
	echo "TFGAN Zoo needs Python 3.10 to 3.13 with its venv module, and none of these is one:" \
	  "$(CANDIDATES). Install it, or name it: make $(or $(firstword $(MAKECMDGOALS)),quickstart)" \
	  "PYTHON=/path/to/python3.12" >&2; \
	exit 1
