.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKING := --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11
ROOMS := $(patsubst %/__init__.py,%,$(wildcard */__init__.py))

# Compiled modules are kept, or each of the many short-lived processes would compile them anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## .venv with everything, from the hashed lock

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 $(ROOMS)
	@touch $(STAMP)

run: setup ## a live demo provider in the foreground, Ctrl-C stops it
	@$(BIN)/python -m turnpike up --demo

check: setup ## lint, types, layers, tidiness, shipped configuration; seconds, no database
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_tidy.py tests/test_conf.py tests/test_docs.py

test: setup ## every behaviour at the smallest telling size
	$(BIN)/python -m pytest -q -n auto --dist loadgroup

prove: setup ## the sizes that the issues name; writes docs/proofs.md; ONLY=word runs some again
	$(BIN)/python -m tests.prove $(if $(ONLY),--only "$(ONLY)")

bench: setup ## ratios against rivals measured in the same run
	$(BIN)/python -m bench

golden: setup ## rewrite golden files; review the difference
	$(BIN)/python -m pytest -q tests --golden

docs: setup ## rewrite generated documents
	$(BIN)/python -m tests.generate_docs

migration: setup ## rewrite migration 0001 from the tables (before the first release only)
	$(BIN)/python -m database.freeze

lock: ## rewrite requirements.lock (everything) and deployment.lock (what runs) from pyproject.toml
	uv pip compile $(LOCKING) --group dev pyproject.toml -o requirements.lock
	echo 'setuptools>=77' | uv pip compile $(LOCKING) --extra kafka -c requirements.lock pyproject.toml - -o deployment.lock

.PHONY: help setup run check test prove bench golden docs migration lock
