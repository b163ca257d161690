# make book   the runs, the executed notebooks and the book   PROFILE=smoke | laptop | full
# make test   every check
# make search choose hyper-parameters on val again; not needed for the others
# PIP_ARGS=   options for pip, for instance an index with another build of torch

PROFILE ?= laptop
DATASET ?= av-digits
DATA ?=
CORES ?= 2
PYTHON ?= python3
PIP_ARGS ?=

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# one thread a worker: two single-thread workers are faster than one worker with two threads
export OMP_NUM_THREADS := 1
INSTALLED := .venv/installed

.PHONY: book test search clean

SNAKEMAKE := snakemake --cores $(CORES) --nolock --rerun-incomplete --quiet host reason \
    --config profile=$(PROFILE) dataset=$(DATASET) data='$(DATA)'

book: $(INSTALLED)
	$(SNAKEMAKE) -- book
	@echo "The book: $(CURDIR)/_build/html/index.html"

test: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy
	pytest -q -n $(CORES)
	pytest -q --nbval notebooks

search: $(INSTALLED)
	$(SNAKEMAKE) --forcerun search -- search

clean:
	rm -rf .venv _build .snakemake results/runs results/notebooks

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	pip install --quiet --upgrade pip
	pip install --quiet $(PIP_ARGS) --constraint constraints.txt --editable '.[test]'
	touch $@
