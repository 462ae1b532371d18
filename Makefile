# Everything from nothing. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q -q
S3 := build/s3
PEERS := build/peers
VENDOR := src/tallystick/console/static/vendor
COMPILE := build/lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help env assets browser cluster demo test check format lint peers bench lab docs texts lock wheel clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

env: $(VENV)/.ready ## make the Python environment in .venv from the locked, hashed versions

$(VENV)/.ready: requirements-dev.lock pyproject.toml
	@echo "environment: installing the locked packages into $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

assets: $(VENDOR)/manifest.json ## build the console's scripts from npm

$(VENDOR)/manifest.json: tools/console/package-lock.json tools/console_assets.py | $(VENV)/.ready
	@$(BIN)/python tools/console_assets.py

browser: | $(VENV)/.ready
	@$(BIN)/python tools/chromium.py

cluster: $(VENV)/.cluster $(S3)/.ready ## install Daft and Ray, and the servers that their tests start
	@$(BIN)/python tools/postgres.py

$(VENV)/.cluster: requirements-cluster.lock $(VENV)/.ready
	@echo "cluster: installing Daft and Ray into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-cluster.lock
	@touch $@

$(S3)/.ready: requirements-s3.lock
	@echo "cluster tests: installing a server for S3 into $(S3)"
	@test -x $(S3)/bin/python || $(PYTHON) -m venv $(S3)
	@$(S3)/bin/python -m pip --disable-pip-version-check -q -q install --require-hashes -r requirements-s3.lock
	@touch $@

demo: env assets ## make a demo firm and open its console on port 8321
	@$(BIN)/tally demo

test: env assets browser cluster lint ## run all checks and all tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: lint ## run the linters, the types, the storeys and the structure tests
	@$(BIN)/python -m pytest -q tests/structure

format: env ## format the code and repair what ruff can
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

lint: env
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run $(BIN)/ruff format"; exit 1; }
	@$(BIN)/mypy --strict --no-error-summary src
	@mkdir -p build; $(BIN)/lint-imports --no-logo > build/lint-imports.txt || { cat build/lint-imports.txt; exit 1; }

peers: $(PEERS)/.ready ## install what the benchmarks measure beside us into an environment of its own

$(PEERS)/.ready: requirements-peers.lock pyproject.toml
	@echo "peers: installing the locked packages into $(PEERS)"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check -q -q install --require-hashes -r requirements-peers.lock
	@$(PEERS)/bin/python -m pip --disable-pip-version-check -q -q install --no-deps --no-build-isolation --editable .
	@touch $@

# With peers where `make peers` was run; without them each benchmark names what it left out.
bench: $(or $(wildcard $(PEERS)/.ready),env) ## run the benchmarks; a ratio 20% below the stored one fails
	@python=$(PEERS)/bin/python; rm -f benchmarks/results/*.json; failed=; \
	test -f $(PEERS)/.ready || { python=$(BIN)/python; echo "The peers are not installed: make peers"; }; \
	for file in benchmarks/*/*.py; do \
		grep -q __main__ $$file || continue; \
		echo "== $$file"; $$python $$file || failed="$$failed $$file"; \
	done; \
	echo "== benchmarks/targets.py"; $$python benchmarks/targets.py; \
	test -z "$$failed" || { echo "FAILED or worse:$$failed"; exit 1; }

lab: env assets browser cluster ## run the long and many-seeded tests
	@$(BIN)/python -m pytest -q -m lab --timeout 7200 || [ $$? -eq 5 ]

docs: env ## write the pages of docs that are made from the source
	@$(BIN)/python tools/reference.py

texts: env ## add the sentences that need a translation to the rooms' catalogs
	@$(BIN)/python tools/catalogs.py

lock: ## resolve the dependencies anew; UPGRADE=--upgrade takes the newest that fit
	@mkdir -p build
	@test -x build/lock/bin/uv || $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check -q -q install uv==0.13.9
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	@$(COMPILE) pyproject.toml --extra cluster -c requirements-dev.lock -o requirements-cluster.lock
	@test -s requirements-peers.lock || cp requirements-cluster.lock requirements-peers.lock
	@$(COMPILE) pyproject.toml --extra cluster benchmarks/requirements.txt -o requirements-peers.lock
	@$(COMPILE) --group s3 -o requirements-s3.lock
	@$(COMPILE) --group node -o requirements-node.lock
	@cd tools/console && npm install --package-lock-only --ignore-scripts --loglevel=error > /dev/null

wheel: env assets ## build the wheel in dist/
	@$(BIN)/hatchling build -t wheel

clean: ## remove everything that make made, except a demo firm
	@rm -rf $(VENV) build dist $(VENDOR) tools/console/node_modules
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests tools -name __pycache__ -prune -exec rm -rf {} +
