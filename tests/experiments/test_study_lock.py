import subprocess
import sys

import pytest

from leap.errors import LeapError
from leap.experiments.study_lock import LOCK, lock_study

HOLD = """
import sys, time
from pathlib import Path
from leap.experiments.study_lock import lock_study
lock = lock_study(Path(sys.argv[1]))
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_second_study_is_refused_until_the_first_is_gone_even_killed(other, tmp_path):
    with pytest.raises(LeapError, match=r"^[^\n]*: another study is at work here; wait for it, or stop it$"):
        lock_study(tmp_path)
    other.kill()
    other.wait()
    assert lock_study(tmp_path).is_locked
    assert (tmp_path / LOCK).exists()


def test_studies_in_other_folders_do_not_matter(other, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert lock_study(tmp_path / "elsewhere").is_locked
