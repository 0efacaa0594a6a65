# tradepost: `make run` starts it, `make test` proves it. Everything lives in .venv and home/.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
TRYTON := .venv-tryton
MUTANTS := .venv-mutants
BIN := $(VENV)/bin
HOME_FOLDER ?= $(CURDIR)/home
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# With extras kept: pip takes `coverage[toml]` for another package than a locked `coverage`.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-strip-extras
# So that no command's first call compiles what it loads, even where Python may not keep what it compiles.
COMPILE := $(BIN)/python -m compileall -q gateway outbound parsers partners translators
SOURCES := gateway outbound parsers partners translators tests

.DEFAULT_GOAL := help
.PHONY: help run demo test fast lint format docs bench bench-x12 load lock clean system fuzz chaos soak coverage mutants

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.stamp ## Start the gateway here; on its first start it loads partners and samples.
	@$(BIN)/tradepost --home $(HOME_FOLDER) run --samples

demo: $(VENV)/run.stamp ## Run all samples in a temporary home; fails unless each ends where it should.
	@$(BIN)/tradepost demo

test: ## Run everything that CI runs, part by part, each within its budget.
	@$(PYTHON) tests/parts.py

fast: $(VENV)/test.stamp ## Run the quick tests (under 30 s).
	@$(BIN)/pytest -q -n 2 -m "not slow" tests/unit tests/golden tests/docs tests/architecture

lint: $(VENV)/test.stamp ## Check style, types and the direction of imports.
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/test.stamp ## Put the code into its form.
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)

docs: $(VENV)/run.stamp ## Make the pages anew that are made from the code.
	@$(BIN)/python -m gateway.pages docs
	@$(BIN)/python tests/support/reliability_page.py docs

bench: $(VENV)/test.stamp ## Measure, beside others on the same input; takes a few minutes.
	@$(BIN)/pytest -q -s tests/benchmarks

bench-x12: $(VENV)/test.stamp $(PEERS)/made.stamp ## Measure reading X12 beside other readers and write docs/benchmarks.md anew.
	@$(BIN)/python tests/benchmarks/x12_run.py

load: $(VENV)/test.stamp ## Measure the gateway under load and write docs/load.md anew; LOAD=short takes less than ten minutes.
	@$(BIN)/python tests/benchmarks/load_run.py --size $(or $(LOAD),full)

chaos: $(VENV)/test.stamp ## Ten minutes of kills, faults and load: 500 kills, 10,000 documents; then all is counted.
	@TRADEPOST_CHAOS_S=600 TRADEPOST_CHAOS_KILLS=500 TRADEPOST_CHAOS_DOCUMENTS=10000 $(BIN)/pytest -q -s -p no:cacheprovider tests/crash/test_chaos.py -k minute

soak: $(VENV)/test.stamp ## Kill the gateway at random moments with ten other seeds; takes half an hour.
	@for seed in 1 2 3 4 5 6 7 8 9 10; do \
	  echo "seed $$seed"; TRADEPOST_CRASH_SEED=$$seed $(BIN)/pytest -q -p no:cacheprovider tests/crash/test_chaos.py tests/crash/test_jobs_many_nodes.py || exit 1; done

# The tests that run what must lose and double nothing in their own process: a killed one loses its figures.
COVERING := tests/unit tests/golden tests/contract tests/journey/sftp_server tests/journey/test_erp_*.py \
  tests/journey/test_sftp_logins.py tests/crash/test_archive_local_faults.py tests/crash/test_crash_stores.py \
  tests/crash/test_outbound_drops.py tests/crash/test_erp_steps.py tests/crash/test_alerts_causes.py \
  tests/crash/test_faults_databases.py tests/crash/test_faults_poison.py tests/crash/test_job_queue.py \
  tests/crash/test_jobs_many_machines.py tests/crash/test_seeing_figures.py tests/crash/test_watchers_sftp.py

coverage: $(VENV)/test.stamp ## Say which lines and branches no test runs; fails if a full module is not full.
	@mkdir -p .build; status=0; \
	$(BIN)/pytest -q -n 2 -p no:cacheprovider --cov --cov-config=tests/coverage.toml --cov-report= $(COVERING) || status=1; \
	$(BIN)/coverage json -q --rcfile=tests/coverage.toml -o .build/coverage.json; \
	$(BIN)/python tests/support/coverage_table.py .build/coverage.json || status=1; exit $$status

mutants: $(MUTANTS)/made.stamp ## Change the code and see whether tests notice; MINUTES=30, MODULES=a few by default.
	@$(MUTANTS)/bin/python tests/support/mutants_run.py --minutes $(or $(MINUTES),30) $(MODULES)

fuzz: $(VENV)/test.stamp ## Ask both readings of X12 about five million mutants; takes a quarter of an hour.
	@TRADEPOST_MUTANTS=100000 $(BIN)/pytest -q -n 2 -p no:cacheprovider tests/property/test_x12_grammar_differential.py

install: $(VENV)/test.stamp $(TRYTON)/database.stamp ## Install all that the tests need, without running them.

system: ## Install the Debian packages that some tests need (as root; does nothing if they are there).
	@missing=""; for package in openssh-client openssh-server lftp rclone putty-tools strace systemd; do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	  else echo "Please run: sudo apt-get install -y$$missing"; exit 1; fi; fi

lock: $(VENV)/test.stamp ## Compute the locked versions anew from requirements/*.in.
	@$(PIP) install uv
	@for of in run test mutants peers tryton; do $(LOCK) requirements/$$of.in -o requirements/$$of.txt || exit 1; done

clean: ## Remove the environment; the home stays.
	rm -rf $(VENV) $(PEERS) $(TRYTON) $(MUTANTS) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("tradepost needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ]; then apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); \
	  else echo "Python has no venv here. Please run: sudo apt-get install -y python3-venv"; exit 1; fi; }
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp requirements/run.txt pyproject.toml
	@echo "Installing what running needs …"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(VENV)/test.stamp: $(VENV)/made.stamp requirements/test.txt pyproject.toml
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@ $(VENV)/run.stamp

$(PEERS)/made.stamp: requirements/peers.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/peers.txt
	@touch $@

$(MUTANTS)/made.stamp: requirements/mutants.txt
	@$(PYTHON) -m venv $(MUTANTS)
	@$(MUTANTS)/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/mutants.txt
	@touch $@

# A real Tryton for the tests, and the database that they copy, which takes half a minute to make.
$(TRYTON)/made.stamp: requirements/tryton.txt $(VENV)/made.stamp
	@echo "Installing the Tryton that the tests start …"
	@$(PYTHON) -m venv --without-pip $(TRYTON)
	@$(PIP) --python $(TRYTON)/bin/python install --no-compile --no-deps --require-hashes -r requirements/tryton.txt
	@touch $@

$(TRYTON)/database.stamp: $(TRYTON)/made.stamp tests/support/tryton_seed.py tests/support/tryton_rpc.py
	@echo "Making the Tryton database that the tests copy …"
	@$(BIN)/python tests/support/tryton_server.py
	@touch $@
