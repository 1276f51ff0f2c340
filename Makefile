# `make demo` and `make test` do all their own set-up, from a fresh clone with Python 3.11+ and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIP := .cache/media/WolfgangLanger_Pexels.mp4
BROKER ?=
ARGS ?=

.PHONY: help demo test lint bench bench-models arm64-test setup media schema clean
.DEFAULT_GOAL := help

help: ## what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(VENV)/.made media ## play a real clip through the service, with a broker of its own
	$(BIN)/mien demo --clip $(CLIP) $(if $(BROKER),--broker $(BROKER)) $(ARGS)

test: $(VENV)/.made media ## every test, on real faces with a real broker
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.made ## ruff and mypy
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.made media ## what a frame costs, as ratios, on this machine
	$(BIN)/python -m bench.cost

bench-models: $(VENV)/.made ## our networks beside their peers
	@$(BIN)/python tests/media/fetch.py peers
	$(BIN)/python -m bench.models $(ARGS)

arm64-test: $(VENV)/.made ## the same bits on emulated Arm processors (apt: qemu-user-static)
	$(BIN)/python tests/drills/arm64.py

schema: $(VENV)/.made ## write edge/tell/schema.json anew from the message types
	$(BIN)/python -m edge.tell.schema

media: $(VENV)/.made
	@$(BIN)/python tests/media/fetch.py

setup: $(VENV)/.made ## the virtual environment alone

$(VENV)/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Mien needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean: ## remove everything that was made or fetched
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache build dist
