# Everything one does with this project, on a machine with Python 3.11+ and nothing else. `make` alone lists it.
#
# The virtual environment and what is installed into it are made by the first target that needs them, and again when
# pyproject.toml changes. Set on the command line:
#   ARGS    options for what is run:  make serve ARGS="--port 9000"    make test ARGS="-k client -x"
#   PYTHON  the Python to make the environment with (3.11 or newer); the first that fits, if not given
#   VENV    where the environment is

VENV := .venv
ARGS :=
PYTHON :=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --editable
MINIMUM := (3, 11)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test soak lint format bench clean FORCE

help: ## list what one can do
	@echo 'make TARGET [ARGS="…"] [PYTHON=python3.12]'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name words; do \
	    printf '  %-8s %s\n' "$$name" "$$words"; done

serve: $(VENV)/for-serve ## start the server with a simulated market: http://127.0.0.1:8000
	@exec $(BIN)/ticker serve $(ARGS)

test: $(VENV)/for-test ## run all tests
	@$(BIN)/python -m pytest $(ARGS)

soak: $(VENV)/for-test ## look for new counter-examples to the properties, for some minutes
	@$(BIN)/python -m pytest tests/property --hypothesis-profile=soak --timeout=0 $(ARGS)

lint: $(VENV)/for-lint ## style, mistakes, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/for-lint ## put the code into form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/for-test ## run the benchmarks and print their figures
	@set -e; for bench in benchmarks/bench_*.py; do \
	    echo "== $$bench"; $(BIN)/python "$$bench" $(ARGS); done

clean: ## remove the environment and everything else that was made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
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

$(VENV)/for-lint: $(VENV)/made-in pyproject.toml
	@echo 'Installing into $(VENV), with what the tests and the linters need …'
	@$(PIP) '.[test,lint]'
	@touch $@ $(VENV)/for-serve $(VENV)/for-test

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
