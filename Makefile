# Start with `make playground` and `make test`.
# Dependencies are installed into .venv from the lock files, by hash, and again only if those change.
# The lock files are complete, so pip resolves nothing (--no-deps): in hash mode, pip 23 fails on
# the newest release of a package that another requires with an extra, whatever the lock pins.
# An environment that is incomplete, was moved or has lost its Python is recreated.

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
.PHONY: help playground test setup lint types peers markdown-reader bench-stream bench-replies path docs lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

playground: $(VENV)/runtime.installed  ## run Parley with a simulated Discord and a scripted model, in the browser
	@$(BIN)/python -m bot playground $(ARGS)

test: setup  ## run all tests on up to 4 cores; ARGS are passed to pytest: make test ARGS="-n 0 -k pages"
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 $(ARGS)

setup: $(VENV)/runtime.installed $(VENV)/dev.installed  ## only install the dependencies

lint: setup  ## check style and format with ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup  ## check types with mypy --strict
	@$(BIN)/mypy --strict

peers: setup $(PEERS)/servers.installed  ## run the tests against real servers, in a separate environment
	@$(BIN)/python -m pytest -m peers tests/peers $(ARGS)

markdown-reader: $(READER)/node_modules/installed  ## install a second Markdown parser, for a few more tests (needs npm)

bench-stream: $(BENCH)/rivals.installed  ## measure how fast answers are read, compared with other clients; ARGS="--quick"
	@$(BENCH)/bin/python -m benchmarks.stream_client $(ARGS)

bench-replies: $(BENCH)/rivals.installed  ## measure how fresh streamed replies are, compared with other bots; ARGS="--quick"
	@$(BENCH)/bin/python -m benchmarks.streaming $(ARGS)

path: setup  ## files, functions, frames and SQL statements that a mention and a regenerate run through
	@$(BIN)/python -m benchmarks.path $(ARGS)

docs: $(VENV)/runtime.installed  ## regenerate docs/providers.md and docs/settings.md
	@$(BIN)/python -m docs.providers && $(BIN)/python -m docs.settings

lock: setup  ## update the lock files to the newest releases that pyproject.toml allows
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock
	$(LOCK) --python-version 3.11 tests/peers/requirements.in -o tests/peers/requirements.lock
	$(LOCK) --python-version 3.11 -c requirements.lock benchmarks/requirements.in -o benchmarks/requirements.lock

clean:  ## remove the environments
	rm -rf $(VENV) .venv-newest $(PEERS) $(BENCH) $(READER)/node_modules

$(VENV)/runtime.installed: requirements.lock requirements-build.lock pyproject.toml $(VENV)/made
	@echo "Installing Parley's dependencies (once) ..."
	$(call install,--no-deps --require-hashes -r requirements.lock -r requirements-build.lock)
	$(call install,--no-deps --no-build-isolation --editable .)
	$(installed)

$(VENV)/dev.installed: requirements-dev.lock $(VENV)/runtime.installed
	@echo "Installing the dependencies of its tests (once) ..."
	$(call install,--no-deps --require-hashes -r requirements-dev.lock)
	$(installed)

$(PEERS)/servers.installed: tests/peers/requirements.lock $(PEERS)/made
	@echo "Installing the LiteLLM proxy and llmock (once, about 750 MB) ..."
	$(call install,--no-deps --require-hashes -r tests/peers/requirements.lock) \
		|| { echo "LiteLLM and llmock could not be installed, so the tests against them cannot run."; exit 1; }
	$(installed)

$(BENCH)/rivals.installed: requirements.lock benchmarks/requirements.lock $(BENCH)/made
	@echo "Installing the clients and bots that Parley is compared with (once, about 500 MB) ..."
	$(call install,--no-deps --require-hashes -r requirements.lock -r benchmarks/requirements.lock)
	$(installed)

$(READER)/node_modules/installed: $(READER)/package-lock.json
	@npm ci --prefix $(READER) --silent --no-audit --no-fund && touch $@

# While a recipe works on an environment, its file `unfinished` holds the id of the process that does so.
install = @echo $$PPID > $(@D)/unfinished; $(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(1)
installed = @rm $(@D)/unfinished && touch $@

# Whether an environment can be used as it is. Waits while another `make` works on it.
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
		echo "Creating $(@D) with $$("$$found" --version) ..."; \
		rm -rf $(@D) && mkdir $(@D) && echo $$PPID > $(@D)/unfinished && "$$found" -m venv $(@D) && \
		rm $(@D)/unfinished && echo "$(CURDIR)" > $@; \
	elif [ -n "$$recent" ]; then \
		echo "The venv module of $$recent is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; \
	else \
		echo "Parley needs Python 3.11 or newer, but none of these is: $(PYTHONS). Try: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; \
		exit 1; \
	fi
