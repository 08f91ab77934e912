# Two doors for a newcomer: `make playground` and `make test`.
# Everything lives in .venv; nothing is installed twice while the lock files stay as they are.

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help playground test setup lint types lock peers clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

playground: $(VENV)/runtime.installed  ## Parley with a simulated Discord and a scripted model, in the browser
	@$(BIN)/parley playground $(ARGS)

test: setup  ## all tests
	@$(BIN)/python -m pytest $(ARGS)

setup: $(VENV)/runtime.installed $(VENV)/dev.installed  ## the set-up alone

lint: setup  ## ruff: style and the usual mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## mypy --strict
	@$(BIN)/mypy --strict

lock: setup  ## write both lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## remove the environments
	rm -rf $(VENV) .venv-peers

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Parley needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

# The project itself is installed in place and needs hatchling, which the build fetches for itself.
$(VENV)/runtime.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Parley needs (once) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --editable .
	@touch $@

$(VENV)/dev.installed: requirements-dev.lock | $(BIN)/python
	@echo "Installing what its tests need (once) ..."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
