"""The Slurm profile, with stand-ins for Slurm's commands that run the jobs on this machine."""

import os
import subprocess
from pathlib import Path

import pytest

from leap.data.registry import open_dataset
from leap.experiments.chapters import encoders, leap_vs_mmil
from leap.experiments.records import read_record
from leap.training.run import run_key
from tests.tree import copy_tree

pytestmark = pytest.mark.slow

CHAPTERS = (leap_vs_mmil.CHAPTER, encoders.CHAPTER)
BIN = Path(__file__).parent / "bin"


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "leap"
    copy_tree(folder)
    return folder


@pytest.fixture
def cluster(tmp_path):
    """Environment with Slurm's commands; what they were called with is in ``calls``."""
    (tmp_path / "slurm" / "jobs").mkdir(parents=True)
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "STAND_IN": str(tmp_path / "slurm"), "STAND_IN_KILLS_AFTER": "12"}


def submit(tree, environment, *arguments):
    profile = ["--profile", "profiles/slurm", "--config", "profile=smoke"]
    quick = ["--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5"]
    command = ["snakemake", *profile, *quick, *arguments]
    result = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=400, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_batches_are_made_by_jobs_and_again_where_one_is_killed(tree, cluster):
    """The batches of two chapters, which one job makes side by side."""
    with open_dataset("av-digits") as store:
        runs = [run for chapter in CHAPTERS for run in chapter.configs("smoke", store.dataset)]
        keys = [run_key(run, store.checksum) for run in runs]
    records = [f"results/runs/{key}/record.json" for key in keys]
    notebooks = [f"results/notebooks/{chapter.notebook}.ipynb" for chapter in CHAPTERS]
    submit(tree, cluster, "--until", "runs", "--", *notebooks)
    assert [read_record(tree / record).run_config() for record in records] == runs
    killed, again = (Path(cluster["STAND_IN"]) / "calls").read_text().splitlines()
    for call in (killed, again):
        assert "--mem 4000" in call
        assert "--cpus-per-task=2" in call
    batches = [path.relative_to(tree) for path in tree.glob("results/runs/batches/*")]
    assert len(batches) == 2
    assert "Nothing to be done" in submit(tree, cluster, "--", *batches)
