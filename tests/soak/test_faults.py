"""Disks that are full, folders that may not be written, two at the same work, workers that die."""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from leap.experiments.chapters import leap_vs_mmil
from leap.experiments.study_lock import LOCK
from tests.soak import work
from tests.soak.campaign import cases
from tests.soak.processes import complete, kill, start
from tests.tree import copy_tree

pytestmark = pytest.mark.slow

SMALL = 2_000
"""Bytes that a file may have on a full disk."""


@contextmanager
def full_disk():
    """No file can grow beyond `SMALL` bytes, as on a disk that is full; the system's reason is another."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def commands(tmp_path, custom_root):
    """Commands that write, and what they write."""
    work.config(tmp_path)
    out = tmp_path / "out"
    return {
        "train": ("train", tmp_path / "config.json", "--out", out),
        "run": ("run", tmp_path / "config.json", "--results", out),
        "pack": ("data", "pack-custom", "kitchen", "--root", custom_root, "--out", out / "kitchen.h5"),
        "labels": ("data", "embed-labels", "--source", "ngrams", "--out", out / "labels.npy"),
    }


@pytest.mark.parametrize("name", ["train", "run", "pack", "labels"])
def test_a_full_disk_is_one_line_and_leaves_nothing(name, commands, refused, tmp_path):
    with full_disk():
        err = refused(*commands[name])
    assert "file too large" in err or "perhaps the disk is full" in err
    assert str(tmp_path / "out") in err
    assert all(path.is_dir() for path in (tmp_path / "out").rglob("*"))


def test_what_a_full_disk_stopped_goes_on_when_there_is_room(commands, leap, tmp_path):
    with full_disk():
        assert leap(*commands["pack"])[0] == 2
    assert leap(*commands["pack"])[0] == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["kitchen.h5"]


def as_another(command):
    """The command without the administrator's right to write and read everything."""
    if os.geteuid():
        return [*map(str, command)]
    if not shutil.which("setpriv"):
        pytest.skip("permissions do not bind the administrator")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *map(str, command)]


@pytest.mark.parametrize("name", ["run", "pack"])
def test_a_folder_that_may_not_be_written_is_one_line(name, commands, tmp_path):
    (tmp_path / "out").mkdir(mode=0o555)
    command = as_another([sys.executable, "-m", "leap", *commands[name]])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(tmp_path / "out") in done.stderr
    assert "permission denied" in done.stderr.lower()
    assert done.stderr.count("\n") == 1
    assert not list((tmp_path / "out").iterdir())


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0)
    command = as_another([sys.executable, "-m", "leap", "run", path])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.json'isnotreadable" in re.sub(r"[\s│]", "", done.stderr), done.stderr


@pytest.mark.parametrize("repetition", range(cases(1, 10)))
def test_two_at_the_same_run_make_the_same_record(repetition, tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    for folder in (alone, together):
        folder.mkdir()
    single, double = work.run(alone), work.run(together)
    complete(single.command, alone)
    processes = []
    for _ in range(2):
        processes.append(start(double.command, together))
        time.sleep(0.3 * repetition)
    assert [process.wait() for process in processes] == [0, 0], (together / "output.txt").read_text()
    assert double.made() == single.made()


def test_one_study_at_a_time_in_a_folder(tmp_path):
    """The second is refused; when the first is gone, even killed, another may begin."""
    copy_tree(tmp_path)
    command = work.snakemake(f"results/notebooks/{work.CHAPTER}.ipynb")
    first = start(command, tmp_path)
    while not (tmp_path / LOCK).exists():
        time.sleep(0.05)
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert second.returncode != 0
    assert "another study is at work here; wait for it, or stop it" in second.stdout + second.stderr
    assert kill(first)
    complete(command, tmp_path)


def test_a_run_that_dies_leaves_the_rest_of_the_study(tmp_path):
    """Its records stay, the message names the runs that are missing, and the same command makes these."""
    copy_tree(tmp_path)
    planned = len(leap_vs_mmil.CHAPTER.configs("smoke", "av-digits"))
    command, out = work.snakemake(f"results/notebooks/{work.CHAPTER}.ipynb"), tmp_path / "results"
    process = start(command, tmp_path)
    killed = None
    while killed is None and process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            if child.cmdline()[1:2] and child.cmdline()[1].endswith("/leap") and child.cmdline()[2] == "run":
                child.kill()
                killed = child.pid
                break
        time.sleep(0.2)
    assert killed is not None
    assert process.wait() != 0
    said = (tmp_path / "output.txt").read_text()
    records = len(list(out.glob("runs/*/record.json")))
    missing = re.findall(r"^Not made: .*, seed 0$", said, re.MULTILINE)
    assert 0 < len(missing) == planned - records, said
    complete(command, tmp_path)
    assert len(list(out.glob("runs/*/record.json"))) == planned
    assert (out / "notebooks" / f"{work.CHAPTER}.ipynb").exists()
