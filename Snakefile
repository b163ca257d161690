"""Runs → records → executed notebooks → book. `make book` calls it; so may you, here or on a cluster."""

import re
import shlex
from pathlib import Path

from leap.data.registry import open_dataset
from leap.errors import LeapError
from leap.experiments.chapters import CHAPTERS, leaderboard
from leap.experiments.grid import check_profile
from leap.experiments.search import search_records
from leap.experiments.study_lock import lock_study
from leap.experiments.submissions import FOLDER
from leap.experiments.workflow import SEARCH, plan_book
from snakemake.exceptions import WorkflowError

RESULTS = Path("results")
DATASET = config.get("dataset", "av-digits")
DATA = config.get("data") or ""
DEVICE = config.get("device", "cpu")
try:
    PLAN = plan_book(check_profile(config.get("profile", "laptop")), DATASET, DATA, RESULTS)
    with open_dataset(DATA or DATASET) as store:
        STORE = str(store.path)
    main = workflow.is_main_process
    MISSING = [key for key, batch in PLAN.batches.items() if main and batch.missing(RESULTS)]
except LeapError as error:
    raise WorkflowError(str(error)) from None

DONE = "results/runs/batches/{batch}"
PACKAGE = [str(path) for path in sorted(Path("leap").rglob("*")) if path.suffix in {".py", ".json", ".csv"}]
BUILT = {"_api", "__pycache__"}
PROSE = [str(p) for p in sorted(Path("book").rglob("*")) if p.is_file() and BUILT.isdisjoint(p.parts)]
LEADERBOARD = leaderboard.CHAPTER.notebook
SUBMITTED = [str(path) for path in sorted((RESULTS / FOLDER).glob("*")) if path.is_file()]
HELD = []  # the lock of the study, until the process ends

for key in MISSING:  # also when a run's folder was removed, for the run to be made again
    Path(DONE.format(batch=key)).unlink(missing_ok=True)


def needed(part):
    """What says that the runs of a notebook, or of the search, are there, and their simulated stores."""
    try:
        return [DONE.format(batch=key) for key in PLAN.batches_for(part)] + PLAN.stores_for(part)
    except LeapError as error:
        raise WorkflowError(str(error)) from None


def parameters(notebook):
    """The parameters of a notebook, for its command."""
    return " ".join(f"-p {name}={shlex.quote(value)}" for name, value in PLAN.parameters[notebook].items())


onstart:
    try:
        HELD.append(lock_study(Path.cwd()))
    except LeapError as error:
        raise WorkflowError(str(error)) from None


onerror:
    said = "\n".join(Path(file).read_text() for file in log)
    failed = re.findall(r"^Error in rule .*\n(?: .*\n)*?    output: (\S*)", said, re.MULTILINE)
    for output in dict.fromkeys(failed):
        batch = PLAN.batches.get(Path(output).name)
        for name in batch.missing(RESULTS) if batch else [output]:
            print("Not made:", name)
    print("What was made is kept; the same command makes the rest.")


rule book:
    input:
        [f"results/notebooks/{chapter.notebook}.ipynb" for chapter in CHAPTERS],
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
        needed(SEARCH),
    output:
        f"results/records/{search_records(DATASET)}",
    message:
        "search: choosing hyper-parameters on val"
    shell:
        "leap study search --data {STORE:q} > /dev/null"


rule notebook:
    input:
        "notebooks/{notebook}.ipynb",
        PACKAGE,
        STORE,
        lambda wildcards: needed(wildcards.notebook),
        lambda wildcards: SUBMITTED if wildcards.notebook == LEADERBOARD else [],
    output:
        "results/notebooks/{notebook}.ipynb",
    params:
        parameters=lambda wildcards: parameters(wildcards.notebook),
    message:
        "notebook: {wildcards.notebook}"
    shell:
        "leap study notebook {input[0]} --out {output} {params.parameters} > /dev/null"


rule store:
    output:
        "results/stores/llp_sim_{videos}x{classes}.h5",
    wildcard_constraints:
        videos=r"\d+",
        classes=r"\d+",
    resources:
        mem_mb=4000,
        runtime=30,
    message:
        "store: {wildcards.videos} simulated training videos of {wildcards.classes} classes"
    shell:
        "leap data simulate --videos {wildcards.videos} --classes {wildcards.classes}"
        " --out {output} > /dev/null"


rule runs:
    input:
        lambda wildcards: PLAN.batches[wildcards.batch].simulated,
    output:
        touch(DONE),
    params:
        name=lambda wildcards: PLAN.batches[wildcards.batch].name,
        configs=lambda wildcards: shlex.quote(PLAN.batches[wildcards.batch].lines),
        data=lambda wildcards: shlex.quote(PLAN.batches[wildcards.batch].data),
    resources:
        runtime=lambda wildcards: 15 * len(PLAN.batches[wildcards.batch].runs),
    message:
        "{params.name}"
    shell:
        "OMP_NUM_THREADS=1 leap run - --data {params.data} --device {DEVICE:q}"
        " <<< {params.configs} > /dev/null"
