# 目链 Mulian. `make run` and `make test` do all set-up; `make help` lists everything.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
HOME_DIR ?= home
LISTING ?=
AREA ?=
# make test makes thousands of small databases and kills processes, not the machine: in memory where there is room
TEST_TMP := $(shell [ -w /dev/shm ] && [ "$$(df -k --output=avail /dev/shm | tail -1)" -gt 4000000 ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}")
# serve and its tests start processes by the dozen: each would compile the whole program again
export PYTHONDONTWRITEBYTECODE :=
# one more than the cores: tests that kill and wait leave a core idle for a quarter of the time
export MULIAN_TEST_WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

.PHONY: help setup run demo test check prove bench soak web docs engines clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed mulian/console/index.html ## make .venv and the console

$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "setup: Python environment ..."
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

mulian/console/index.html: $(shell find web/src web/public web/*.html web/*.json web/*.ts -type f 2>/dev/null) | $(VENV)/.installed
	@deploy/build-console

run: setup ## serve a home (HOME_DIR=home) until Ctrl-C
	@$(VENV)/bin/mulian init --home $(HOME_DIR)
	@exec $(VENV)/bin/mulian serve --home $(HOME_DIR)

demo: setup ## run the whole path on a fresh home (HOME_DIR=..., LISTING=file.xlsx)
	@$(VENV)/bin/mulian demo --home $(HOME_DIR) $(if $(LISTING),--listing $(LISTING))

test: setup ## every kind of test at small counts, slowest 20 printed
	@TMPDIR=$(TEST_TMP) $(PY) -m pytest -n $(MULIAN_TEST_WORKERS) --dist worksteal $(if $(AREA),tests/$(AREA)) --durations=20

check: $(VENV)/.installed ## lint, types, import rules, pure rules
	@deploy/check

prove: setup ## the issues' full counts (AREA=chain), resumable; writes proof-report.json
	@TMPDIR=$(TEST_TMP) $(PY) -m tests.prove $(AREA)

soak: setup ## hours of mixed load (HOURS=1)
	@$(PY) -m tests.soak

bench: setup ## the benchmarks; JSON in bench/results/
	@$(PY) -m bench $(AREA)

web: $(VENV)/.installed ## build the console
	@deploy/build-console

docs: setup ## generate the reference pages
	@$(PY) -m mulian.reference

engines: ## install the optional real components on Debian
	@deploy/engines

clean: ## remove what was built (not homes)
	rm -rf $(VENV) mulian/console web/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/results
