# make book      the runs, the executed notebooks and the book
#                PROFILE=smoke | laptop | full | trial | paper
#                at full and paper, a run whose record is committed counts as made
#                DATASET=llp packs the official files in the folder LEAP_DATA first;
#                DATASET=llp-sim simulates VIDEOS there
#                DEVICE=cuda trains on a GPU
# make test      style, types, imports, unit and golden tests, doctests, smoke book, notebooks' outputs
# make test-all  also the slow tests: every compiled parser, soak, cluster, kills, determinism, and
#                a rehearsal of the book on LLP
#                both check the book in Chromium where it is installed; LEAP_BROWSER=required
#                makes its absence an error
# make bench     every benchmark, for the chapter on performance; a quiet machine and about 20 minutes
# make soak      the long campaigns of faults and damaged files; about 75 minutes
# make constraints  pin the newest versions of all dependencies but torch
# make search    choose hyper-parameters on val again; not needed for the others
# make parsers   train the parsers that ship with the package again
# PIP_ARGS=      options for pip, for instance an index with another build of torch

PROFILE ?= laptop
DATASET ?= av-digits
DATA ?=
DEVICE ?= cpu
LEAP_DATA ?= $(CURDIR)/llp
VIDEOS ?= 10000
CORES ?= 2
PYTHON ?= python3
PIP_ARGS ?=

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# one thread a worker: two single-thread workers are faster than one worker with two threads
export OMP_NUM_THREADS := 1
export LEAP_DATA
INSTALLED := .venv/installed
STORE := $(if $(DATA),,$(if $(filter llp,$(DATASET)),$(LEAP_DATA)/llp.h5,$(if \
    $(filter llp-sim,$(DATASET)),$(LEAP_DATA)/llp_sim.h5)))

.PHONY: book test test-all lint unit everything smoke bench soak search parsers constraints clean

SNAKEMAKE := snakemake --cores $(CORES) --nolock --rerun-incomplete --keep-going --quiet host reason \
    --config profile=$(PROFILE) dataset=$(DATASET) data='$(DATA)' device=$(DEVICE)

book: $(INSTALLED) $(STORE)
	$(SNAKEMAKE) -- book
	@echo "The book: $(CURDIR)/_build/html/index.html"

# the types are checked while the tests run: each leaves a core idle
test: $(INSTALLED)
	$(MAKE) -j3 --output-sync=line lint unit smoke

test-all: lint everything smoke

lint: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy
	lint-imports

unit: $(INSTALLED)
	pytest -q -n $(CORES) --ignore tests/book

everything: $(INSTALLED)
	pytest -q -n $(CORES) --ignore tests/book -m ''

# the book in a copy of the tree, and the notebooks there, where their runs are
smoke: $(INSTALLED)
	mkdir -p build
	pytest -q tests/book --basetemp build/smoke
	cd build/smoke/book0 && pytest -q -n $(CORES) --dist loadfile --nbval notebooks

bench: $(INSTALLED)
	python -m benchmarks.input table
	python -m benchmarks.step
	python -m benchmarks.throughput table
	python -m benchmarks.precision
	python -m benchmarks.cost table
	python -m benchmarks.sizes table
	python -m benchmarks.coverage
	python -m benchmarks.waiting table
	python -m tests.notebooks.store notebooks/03_llp.ipynb notebooks/13_performance.ipynb

soak: $(INSTALLED)
	LEAP_SOAK=long pytest -q -m '' --durations=0 tests/soak

search: $(INSTALLED) $(STORE)
	$(SNAKEMAKE) --forcerun search -- search

parsers: $(INSTALLED)
	python -m leap.experiments.shipped_parsers

# the records depend on the numerics of torch, so it stays
constraints:
	$(PYTHON) -m venv --clear build/fresh
	grep '^torch==' constraints.txt > build/torch.txt
	build/fresh/bin/pip install --quiet --upgrade pip
	build/fresh/bin/pip install --quiet $(PIP_ARGS) --constraint build/torch.txt '.[dev]'
	build/fresh/bin/pip freeze --exclude leap-avvp | sed 's/+cpu$$//' > constraints.txt

$(LEAP_DATA)/llp.h5: | $(INSTALLED)
	leap data pack llp --root '$(LEAP_DATA)'

$(LEAP_DATA)/llp_sim.h5: | $(INSTALLED)
	leap data simulate --videos $(VIDEOS) --out $@

clean:
	rm -rf .venv _build build book/_api .snakemake results/runs results/stores results/notebooks

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	pip install --quiet --upgrade pip
	pip install --quiet $(PIP_ARGS) --constraint constraints.txt --editable '.[dev]'
	touch $@
