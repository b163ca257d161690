"""``kill -9`` at random moments: the same command then completes, and makes what an undisturbed one makes."""

import time

import numpy as np
import pytest

from tests.soak import work
from tests.soak.campaign import cases, publish
from tests.soak.processes import complete, kill, start

pytestmark = pytest.mark.slow

KILLS = {
    work.train: cases(2, 40),
    work.run: cases(0, 30),
    work.pack: cases(2, 40),
    work.pack_custom: cases(0, 20),
    work.build: cases(0, 20),
    work.simulate: cases(0, 10),
    work.notebook: cases(0, 20),
    work.study: cases(0, 20),
    work.book: cases(0, 20),
}
"""Commands, and how often each is killed."""

SHORTER = 0.8
"""Where a kill came too late, those that follow come earlier: what was done before is not done again."""


@pytest.fixture(scope="module")
def rows():
    """What was killed how often, published in the end."""
    table = []
    yield table
    publish("kills", table)


@pytest.mark.parametrize("job", [job for job, kills in KILLS.items() if kills], ids=lambda job: job.__name__)
def test_nothing_is_lost(job, rows, tmp_path):
    """A command that completes before it is killed is begun anew, elsewhere."""
    expected, seconds = undisturbed(job, tmp_path / "undisturbed")
    assert expected
    moments, completed = seconds * np.random.default_rng(len(KILLS)).uniform(0.1, 0.95, size=KILLS[job]), 0
    while len(moments):
        made, late = disturbed(job, tmp_path / f"killed-{completed}", moments)
        assert made == expected
        moments, completed = late * SHORTER, completed + 1
    rows.append({"command": job.__name__, "kills": KILLS[job], "completed": completed, "s": f"{seconds:.1f}"})


def undisturbed(job, folder):
    """What a command makes, and how long it takes."""
    folder.mkdir()
    whole = job(folder)
    started = time.perf_counter()
    complete(whole.command, folder)
    return whole.made(), time.perf_counter() - started


def disturbed(job, folder, moments):
    """Kill a command after each of some seconds until it has ended before; then let it complete.

    Returns:
        What it has made, and the moments that were not reached.
    """
    folder.mkdir()
    killed, kills = job(folder), 0
    while kills < len(moments):
        process = start(killed.command, folder)
        time.sleep(moments[kills])
        if not kill(process):
            break
        kills += 1
    complete(killed.command, folder)
    return killed.made(), moments[kills:]
