# FlowForge's commands; `make help` lists them. Each one does the set-up that it needs, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && \
	{ echo $$p; break; }; done)

STEP := $(PYTHON) tools/step.py
NPM := $(BIN)/python tools/npm.py
# Some tests start programs of the environment by name.
PYTEST := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest
# Files are shared out among processes, since most tests wait for servers; the tests of a file stay together.
WORKERS ?= 2
SHARED := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# Builds of our own package take pinned build tools too; older versions of pip read the first name, newer ones the second.
PIP := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
	$(BIN)/python -m pip install --no-input

WWW := flowforge_provider/plugins/www
BUNDLE := $(WWW)/dist/main.js
# Not the API's types: builds drop types, and checks write these anew.
EDITOR_SOURCES := $(shell find editor \( -path editor/node_modules -o -path editor/openapi-gen \) -prune -o -type f -print 2>/dev/null)

# Fewer tests at a time: make test TESTS=tests/unit
TESTS ?= tests

.PHONY: help setup run test test-all check fix e2e picture bench wheel codegen clean constraints
.DELETE_ON_ERROR:
# All steps write into one environment; two at a time would get into each other's way.
.NOTPARALLEL:

# An environment whose Python has gone, or that was moved together with its folder, is made anew.
MOVED := $(shell test ! -s $(VENV)/.created || { test "$$(cat $(VENV)/.created)" = "$(CURDIR)" && \
	$(BIN)/python -c '' 2>/dev/null; } || rm -f $(VENV)/.created)

help: ## List the commands
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev $(BUNDLE) ## Install everything for working on FlowForge, start nothing

run: $(VENV)/.run $(BUNDLE) ## Start Airflow with FlowForge on this machine (PORT=8080, AIRFLOW_HOME=.airflow)
	@exec $(BIN)/python -m flowforge_provider.dev

test: $(VENV)/.test $(BUNDLE) ## Run the tests: Python, editor, real Airflow, PostgreSQL and Chromium
	@tools/need_programs.sh
	@$(STEP) "Testing the editor" $(NPM) test
	@$(PYTEST) $(SHARED) -m "not slow" $(TESTS)

test-all: $(VENV)/.test $(BUNDLE) ## Run all tests, the slow ones too
	@tools/need_programs.sh
	@$(STEP) "Testing the editor" $(NPM) test
	@$(PYTEST) $(SHARED) $(TESTS)

e2e: $(VENV)/.test $(BUNDLE) ## Run the browser tests only; pictures go to test-results/
	@tools/need_programs.sh
	@$(PYTEST) tests/e2e

picture: $(VENV)/.test $(BUNDLE) ## Take the README's picture anew
	@tools/need_programs.sh
	@$(PYTEST) -q tests/e2e/test_orders_journey.py -k turns_green
	@mkdir -p docs/images && cp test-results/editor.png docs/images/editor.png

check: $(VENV)/.dev editor/node_modules/.ready ## Check style and types of everything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(NPM) run --silent check

fix: $(VENV)/.dev editor/node_modules/.ready ## Mend what can be mended by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(NPM) run --silent fix

bench: $(VENV)/.bench $(BUNDLE) ## Measure, side by side with what people would use instead
	@tools/need_programs.sh
	@$(BIN)/python -m bench

wheel: $(VENV)/.test $(BUNDLE) ## Build the wheel, with the editor in it, into dist/
	@$(STEP) "Building the wheel" $(BIN)/python -m build --wheel --no-isolation --outdir dist .
	@ls dist/*.whl

codegen: $(VENV)/.dev editor/node_modules/.ready ## Write anew what is generated and committed: example Dags, pages, schemas, the API
	@$(BIN)/python -m flowforge_provider.compiler dags/graphs/*.json --output dags
	@$(BIN)/python -m flowforge_provider.graph.schema > docs/graph.schema.json
	@$(BIN)/python -m flowforge_provider.nodes.pages
	@$(BIN)/python -m flowforge_provider.api.export_openapi
	@$(NPM) run codegen

constraints: ## Pin all dependencies anew: make constraints PYTHONS="python3.10 python3.11 python3.12 python3.13"
	@$(PYTHON) tools/update_constraints.py $(PYTHONS)

clean: ## Remove what the commands above have made, but for the data in .airflow
	@rm -rf $(VENV) dist build $(WWW)/dist $(WWW)/swagger-ui editor/node_modules editor/openapi-gen/schema.ts test-results
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- set-up: each stamp is newer than what it was made from

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "FlowForge needs Python 3.10 to 3.13, and none was found. Install one (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python@3.13), or name yours: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { echo "FlowForge needs Python 3.10 to 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. Install them first (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@$(STEP) "Making a virtual environment" $(PYTHON) -m venv --clear $(VENV)
	@echo "$(CURDIR)" > $@

$(VENV)/.run: $(VENV)/.created pyproject.toml constraints.txt
	@$(STEP) "Installing Airflow and FlowForge (a minute or two)" env $(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(STEP) "Installing the test tools" env $(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@$(STEP) "Installing the development tools" env $(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	@$(STEP) "Installing what is measured" env $(PIP) --editable '.[bench]'
	@touch $@

editor/node_modules/.ready: editor/package.json editor/package-lock.json | $(VENV)/.created
	@$(STEP) "Installing the editor's packages" $(NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

$(BUNDLE): $(EDITOR_SOURCES) editor/node_modules/.ready
	@$(STEP) "Building the editor" $(NPM) run build
	@touch $@
