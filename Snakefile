"""Runs → records → executed notebooks → book. `make book` calls it; so may you, here or on a cluster."""

import re
import shlex
from pathlib import Path

from leap.config import canonical_json, to_dict
from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.experiments.chapters import NOTEBOOKS, ONE_DATASET, from_records, scale
from leap.experiments.grid import SHIPPED, check_profile, searched
from leap.experiments.records import run_key
from leap.experiments.search import search_records
from leap.experiments.systems import SYSTEMS, search_configs, selected
from snakemake.exceptions import WorkflowError

DATASET = config.get("dataset", "av-digits")
DATA = config.get("data") or ""
DEVICE = config.get("device", "cpu")
try:
    PROFILE = check_profile(config.get("profile", "laptop"))
    with open_dataset(DATA or DATASET) as store:
        CHECKSUM, STORE = store.checksum, str(store.path)
except LeapError as error:
    raise WorkflowError(str(error)) from None


def parameters(chapter):
    """Of a notebook; a chapter about one data set has it whatever the others are made on.

    Records that are taken from the repository are of the data set that comes with it.
    """
    dataset, data = (DATASET, DATA) if not from_records(chapter, PROFILE) else (SHIPPED, "")
    dataset, data = (ONE_DATASET[chapter], "") if chapter in ONE_DATASET else (dataset, data)
    return f"-p profile={PROFILE} -p dataset={dataset} -p data={shlex.quote(data)}"


def named(grid, purpose, checksum=CHECKSUM, data=DATA):
    """(name, run, data) by key, for every run of a grid."""
    return {
        run_key(run, checksum): (f"{purpose}: {system}, seed {run.seed}", run, data)
        for system, runs in grid.items()
        for run in runs
    }


def scaled():
    """Runs of the chapter on scale, each on the simulation of its size."""
    stores, runs = scale.make_stores(PROFILE, Path("results") / scale.STORES), {}
    for size in scale.sizes(PROFILE):
        with open_dataset(str(stores[size.classes])) as store:
            name = f"{size.videos} videos, {size.classes} classes"
            runs |= named(scale.grid(PROFILE, size), name, store.checksum, str(store.path))
    return runs


def records(keys):
    return [f"results/runs/{key}/record.json" for key in keys]


# the runs each notebook needs and those of the search for hyper-parameters
READY = DATASET in selected() or not searched(PROFILE)  # else there are settings to be searched first
GRID = {
    name: named(grid(PROFILE, DATASET), "run")
    for name, grid in NOTEBOOKS.items()
    if READY and not from_records(name, PROFILE) and ONE_DATASET.get(name, DATASET) == DATASET
}
if not from_records("12_scale", PROFILE):
    GRID["12_scale"] = scaled()
SEARCH = named({system: sum(search_configs(system, DATASET), []) for system in SYSTEMS}, "search")
RUNS = SEARCH | {key: run for runs in GRID.values() for key, run in runs.items()}
CHAPTERS = sorted(path.stem for path in Path("notebooks").glob("*.ipynb"))
PACKAGE = [str(path) for path in sorted(Path("leap").rglob("*")) if path.suffix in {".py", ".json", ".csv"}]
BUILT = {"_api", "__pycache__"}
PROSE = [str(p) for p in sorted(Path("book").rglob("*")) if p.is_file() and BUILT.isdisjoint(p.parts)]


onerror:
    said = "\n".join(Path(file).read_text() for file in log)
    failed = re.findall(r"^Error in rule .*\n(?: .*\n)*?    output: (.*)", said, re.MULTILINE)
    for output in dict.fromkeys(failed):
        print("Not made:", RUNS.get(Path(output).parent.name, [output])[0])
    print("What was made is kept; the same command makes the rest.")


rule book:
    input:
        expand("results/notebooks/{chapter}.ipynb", chapter=CHAPTERS),
        PROSE,
        PACKAGE,
        "_config.yml",
    output:
        "_build/html/index.html",
    message:
        "book: building the HTML"
    shell:
        "jupyter-book build . --toc book/_toc.yml -n -W --keep-going --quiet"


rule search:
    input:
        records(SEARCH),
    output:
        f"results/records/{search_records(DATASET)}",
    message:
        "search: choosing hyper-parameters on val"
    shell:
        "leap study search --data {STORE:q} > /dev/null"


rule notebook:
    input:
        "notebooks/{chapter}.ipynb",
        PACKAGE,
        STORE,
        lambda wildcards: records(GRID.get(wildcards.chapter, {})),
    output:
        "results/notebooks/{chapter}.ipynb",
    params:
        parameters=lambda wildcards: parameters(wildcards.chapter),
    message:
        "notebook: {wildcards.chapter}"
    shell:
        "leap study notebook {input[0]} --out {output} {params.parameters} > /dev/null"


rule run:
    output:
        "results/runs/{key}/record.json",
    params:
        name=lambda wildcards: RUNS[wildcards.key][0],
        config=lambda wildcards: shlex.quote(canonical_json(to_dict(RUNS[wildcards.key][1]))),
        data=lambda wildcards: shlex.quote(RUNS[wildcards.key][2]),
    message:
        "{params.name}"
    shell:
        "OMP_NUM_THREADS=1 leap run - --data {params.data} --device {DEVICE:q} <<< {params.config} > /dev/null"
