# Layerbridge: each target makes what it needs and may be run again; the second time is quick.

PYTHON ?= python3
# A machine with an NVIDIA GPU gets the CUDA build from PyPI. To keep to the CPU:
#   make env TORCH_INDEX=ADDRESS   (pytorch.org/get-started has the address for CPU builds)
TORCH_INDEX ?=
TEST_PROCESSES ?= 2
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/layerbridge
export GIMP3_BIN ?= $(CACHE)/gimp3-bin
export PATH := $(GIMP3_BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

PY := .venv/bin/python
STAMP := .venv/.layerbridge-env
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# A .venv that is half made (Debian without python3-venv) or of another Python is no use.
USABLE = test -x $(PY) && $(PY) -c '$(NEW_ENOUGH)' 2>/dev/null && $(PY) -m pip --version >/dev/null 2>&1

.PHONY: help env system demo test lint bench fidelity generate clean distclean
.DEFAULT_GOAL := help

help:
	@awk -F ":.*## " "/^[a-z]+:.*## /{printf \"  %-14s %s\\n\", \"make \" \$$1, \$$2}" Makefile

env: $(STAMP)  ## the Python environment in .venv

$(STAMP): pyproject.toml constraints.txt
	@$(USABLE) || { test ! -e .venv || echo "The environment in .venv cannot be used; making it anew ..."; \
	    $(PYTHON) -c '$(NEW_ENOUGH)' && rm -rf .venv && $(PYTHON) -m venv .venv && $(PY) -m pip --version >/dev/null || \
	    { echo "No environment could be made in .venv. Layerbridge needs Python 3.11 or newer with its venv module: \
	on Debian and Ubuntu 'apt install python3-venv', or name another Python: make env PYTHON=python3.12" >&2; exit 1; }; }
	@echo "Installing the Python packages into .venv (the first time: some minutes) ..."
	@$(PY) -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[dev]'
	@touch $@

system:  ## Node.js, Chromium and GIMP 3 for the tests (as root on Debian)
	@tools/setup-system.sh

demo: env  ## what can be done with photographs before any model is downloaded; says where the pictures are
	@$(PY) tools/demo.py

lint: env  ## the static checks alone
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m pyright
	@.venv/bin/lint-imports
	@$(PY) -m bridge_server.protocol.generate --check

test:  ## every check and test, after making env and system
	@$(MAKE) --no-print-directory -j2 env system
	@$(PY) -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt -e '.[torchao,sdnq]'
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n $(TEST_PROCESSES) --dist loadscope --no-loadscope-reorder
	@$(PY) -m pytest -n $(TEST_PROCESSES) -p tests.support.no_skips starter_training

bench: env  ## figures of speed and memory
	@for file in bench/[a-z]*.py; do echo "== $$file"; $(PY) -m bench.$$(basename $$file .py) || exit 1; done

fidelity: env  ## how well edits blend, beside other methods: tables and pictures in docs/ (an hour)
	@OMP_NUM_THREADS=1 $(PY) -m bench.fidelity --write-docs

generate: env  ## write the files that are generated from the protocol
	@$(PY) -m bridge_server.protocol.generate

clean:  ## remove what was built
	rm -rf build dist *.egg-info demo-output .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean  ## and the environment
	rm -rf .venv
