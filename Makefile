# make demo   a simulated arm, driven by a trained policy, with its attention on a page
# make test   every test
# make lint   the conventions alone: ruff, mypy, import contracts
# make clean  remove everything that these made
#
# All of them need Python 3.10 to 3.13 and nothing else, and never root. Choose a Python with
# PYTHON=python3.12, stop the demo by itself with DEMO_SECONDS=60, hand arguments to pytest with
# PYTEST_ARGS='-k overlay'; with PYTEST_ARGS='-n 2' two processes share the tests.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test lint clean .venv

FITS := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.10,\
	$(if $(shell $(name) -c '$(FITS)' 2>/dev/null && echo fits),$(name))))

VENV_PYTHON := .venv/bin/python
# Names the libraries that were fetched into .venv because the system lacks them.
ACTIVATE = . .venv/environment.sh

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

demo: .venv
	@$(ACTIVATE) && exec .venv/bin/attention-mapper demo \
		$(if $(DEMO_SECONDS),--seconds '$(DEMO_SECONDS)')

test: .venv
	@$(ACTIVATE) && exec $(VENV_PYTHON) -m pytest $(PYTEST_ARGS)

lint: .venv
	@exec $(VENV_PYTHON) -m pytest test/conventions

# Decides itself whether there is anything to do; a tenth of a second where there is not.
.venv:
	@$(if $(PYTHON),$(PYTHON) environment/create.py,\
		echo 'make: no Python from 3.10 to 3.13 found; name one: make PYTHON=/path/to/python3' >&2; exit 1)

clean:
	rm -rf .venv build install log dist demo_output test_artifacts *.egg-info \
		.pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
