"""``kill -9`` at random moments: the same command then completes, and makes what an undisturbed one makes."""

import time

import numpy as np
import pytest

from tests.soak import work
from tests.soak.campaign import cases, publish
from tests.soak.processes import complete, kill, start

KILLS = {
    work.train: cases(2, 40),
    work.run: cases(0, 30),
    work.pack: cases(2, 40),
    work.pack_own: cases(0, 20),
    work.build: cases(0, 20),
    work.simulate: cases(0, 10),
    work.notebook: cases(0, 20),
    work.study: cases(0, 20),
    work.book: cases(0, 12),
}
"""Commands, and how often each is killed."""


@pytest.fixture(scope="module")
def rows():
    """What was killed how often, published in the end."""
    table = []
    yield table
    publish("kills", table)


@pytest.mark.parametrize("job", [job for job, kills in KILLS.items() if kills], ids=lambda job: job.__name__)
def test_nothing_is_lost(job, rows, tmp_path):
    """A command that completes before it is killed is begun anew, elsewhere."""
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    whole = job(undisturbed)
    started = time.perf_counter()
    complete(whole.command, undisturbed)
    seconds, expected = time.perf_counter() - started, whole.made()
    assert expected
    moments = np.random.default_rng(len(KILLS)).uniform(0.1, 0.95, size=KILLS[job]) * seconds
    completed = 0
    while len(moments):
        folder = tmp_path / f"killed-{completed}"
        folder.mkdir()
        killed = job(folder)
        while len(moments):
            process = start(killed.command, folder)
            time.sleep(moments[0])
            if not kill(process):
                break
            moments = moments[1:]
        complete(killed.command, folder)
        completed += 1
        assert killed.made() == expected
    rows.append({"command": job.__name__, "kills": KILLS[job], "completed": completed, "s": f"{seconds:.1f}"})
