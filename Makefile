# What people and CI run. `make help` lists the targets.

RUN := .venv/bin/
PYTEST := $(RUN)python -m pytest

.DEFAULT_GOAL := help
.PHONY: help environment demo demo-five check test nightly mutation bench format schemas

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

environment: ## make .venv what uv.lock says
	@.ci/environment

demo: environment ## the whole story on a simulated MyQ
	@$(RUN)reconciler demo

demo-five: environment ## five kinds of source feed one MyQ, and each fails in turn
	@tests/install-servers
	@$(RUN)python -m tests.demo_five

check: environment ## formats, lint, types, directions of imports
	$(RUN)ruff format --check .
	$(RUN)ruff check .
	$(RUN)mypy
	$(RUN)lint-imports --no-logo

test: environment ## everything, with the real servers it needs
	@tests/install-servers
	@$(MAKE) --no-print-directory check
	HYPOTHESIS_PROFILE=ci PYTHONHASHSEED=1 $(PYTEST) -n 2 -q tests/core
	HYPOTHESIS_PROFILE=ci PYTHONHASHSEED=2 $(PYTEST) -n 2 --dist loadgroup --cov --cov-fail-under=99.5

nightly: environment ## the same tests, longer, and the large measurements
	@tests/install-servers
	HYPOTHESIS_PROFILE=nightly $(PYTEST) -n 2 --dist loadgroup --timeout 3600
	@$(MAKE) --no-print-directory mutation
	$(RUN)python -m tests.bench --million

mutation: environment ## change the core a little, again and again: do the tests notice? (MUTATION="missing --sample 150")
	@PYTHONHASHSEED=1 $(RUN)python -m tests.mutation --at-least 99.5 $(MUTATION)

bench: environment ## measure; one JSON line a figure
	@$(RUN)python -m tests.bench

format: environment ## put the code into its one format
	$(RUN)ruff check --fix .
	$(RUN)ruff format .

schemas: environment ## write schemas/ and docs/manifests.md from the models
	$(RUN)reconciler schema --out schemas
	-RECONCILER_REWRITE_GOLDENS=1 $(PYTEST) -q --no-cov tests/manifest/test_reference.py
