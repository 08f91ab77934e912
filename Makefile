# Two doors for a newcomer: `make playground` and `make test`.
# Everything is installed into .venv, hash by hash from the lock files, and nothing twice while those stay as they are.
# An environment that was left half made, was moved with its folder or lost its Python is made afresh at the next call.

ARGS ?=
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
VENV := .venv
PEERS := .venv-peers
BENCH := .venv-bench
READER := tests/markdown/reader
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --upgrade

.DEFAULT_GOAL := help
.PHONY: help playground test setup lint types peers markdown-reader bench-stream bench-replies docs lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

playground: $(VENV)/runtime.installed  ## Parley with a simulated Discord and a scripted model, in the browser
	@$(BIN)/python -m bot playground $(ARGS)

test: setup  ## all tests, on up to 4 cores; ARGS go to pytest, as in: make test ARGS="-n 0 -k pages"
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 $(ARGS)

setup: $(VENV)/runtime.installed $(VENV)/dev.installed  ## the set-up alone

lint: setup  ## ruff: style, format and the usual mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## mypy --strict
	@$(BIN)/mypy --strict

peers: setup $(PEERS)/servers.installed  ## the tests against real servers, in an environment of their own
	@$(BIN)/python -m pytest -m peers tests/peers $(ARGS)

markdown-reader: $(READER)/node_modules/installed  ## another reader of Discord's Markdown, for a few more tests (needs npm)

bench-stream: $(BENCH)/rivals.installed  ## how fast answers are read, beside other clients; ARGS="--quick" for a short run
	@$(BENCH)/bin/python -m benchmarks.stream_client $(ARGS)

bench-replies: $(BENCH)/rivals.installed  ## how fresh replies are while they stream, beside other bots; ARGS="--quick" for a short run
	@$(BENCH)/bin/python -m benchmarks.streaming $(ARGS)

docs: $(VENV)/runtime.installed  ## write docs/providers.md and docs/settings.md from what the code declares
	@$(BIN)/python -m docs.providers && $(BIN)/python -m docs.settings

lock: setup  ## write the lock files anew, with the newest releases that pyproject.toml allows
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock
	$(LOCK) --python-version 3.11 tests/peers/requirements.in -o tests/peers/requirements.lock
	$(LOCK) --python-version 3.11 -c requirements.lock benchmarks/requirements.in -o benchmarks/requirements.lock

clean:  ## remove the environments
	rm -rf $(VENV) .venv-newest $(PEERS) $(BENCH) $(READER)/node_modules

$(VENV)/runtime.installed: requirements.lock requirements-build.lock pyproject.toml $(VENV)/made
	@echo "Installing what Parley needs (once) ..."
	$(call install,--require-hashes -r requirements.lock -r requirements-build.lock)
	$(call install,--no-deps --no-build-isolation --editable .)
	$(installed)

$(VENV)/dev.installed: requirements-dev.lock $(VENV)/runtime.installed
	@echo "Installing what its tests need (once) ..."
	$(call install,--require-hashes -r requirements-dev.lock)
	$(installed)

$(PEERS)/servers.installed: tests/peers/requirements.lock $(PEERS)/made
	@echo "Installing the LiteLLM proxy and llmock (once, about 750 MB) ..."
	$(call install,--require-hashes -r tests/peers/requirements.lock) \
		|| { echo "LiteLLM and llmock could not be installed, so the tests against them cannot run."; exit 1; }
	$(installed)

$(BENCH)/rivals.installed: requirements.lock benchmarks/requirements.lock $(BENCH)/made
	@echo "Installing the clients and bots that Parley is compared with (once, about 500 MB) ..."
	$(call install,--require-hashes -r requirements.lock -r benchmarks/requirements.lock)
	$(installed)

$(READER)/node_modules/installed: $(READER)/package-lock.json
	@npm ci --prefix $(READER) --silent --no-audit --no-fund && touch $@

# In the recipes of an environment's files: `unfinished` stands there, with the process that is at it, until all is done.
install = @echo $$PPID > $(@D)/unfinished; $(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(1)
installed = @rm $(@D)/unfinished && touch $@

# Whether an environment can be used as it is; waits while another `make` is at it.
whole = $(shell while kill -0 "$$(cat $(1)/unfinished 2>&1)" 2>&1; do sleep 1; done >/dev/null; \
	[ ! -e $(1)/unfinished ] && [ "$$(cat $(1)/made 2>&1)" = "$(CURDIR)" ] && $(1)/bin/python -c pass 2>/dev/null && echo yes)
.PHONY: $(foreach each,$(VENV) $(PEERS) $(BENCH),$(if $(call whole,$(each)),,$(each)/made))

$(VENV)/made $(PEERS)/made $(BENCH)/made:
	@found=; recent=; for python in $(PYTHONS); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		recent=$$python; \
		"$$python" -c 'import ensurepip, venv' 2>/dev/null && found=$$python && break; \
	done; \
	if [ -n "$$found" ]; then \
		echo "Making $(@D) with $$("$$found" --version) ..."; \
		rm -rf $(@D) && mkdir $(@D) && echo $$PPID > $(@D)/unfinished && "$$found" -m venv $(@D) && \
		rm $(@D)/unfinished && echo "$(CURDIR)" > $@; \
	elif [ -n "$$recent" ]; then \
		echo "The venv module of $$recent is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; \
	else \
		echo "Parley needs Python 3.11 or newer, and found none as: $(PYTHONS). Try: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; \
		exit 1; \
	fi
