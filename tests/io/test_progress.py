import multiprocessing
import os
import pty
import subprocess
import sys
import termios

import pytest

from leap.io import progress
from leap.io.progress import progress_bar, with_progress

WORK = """
import time
from leap.io import progress
progress.DELAY = {delay}
print(sum(1 for _ in progress.with_progress(map(lambda i: time.sleep(0.1), range(8)), "rendering", 8)))
"""


def on_terminal(code, **variables):
    """What a program prints, and what it shows on the terminal that its stderr is."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    env = os.environ | variables
    result = subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # on Linux, the end of what was written
        pass
    os.close(ours)
    assert result.returncode == 0, shown
    return result.stdout.decode(), shown.decode()


def test_a_terminal_shows_work_that_takes_long():
    out, shown = on_terminal(WORK.format(delay=0.2))
    assert out == "8\n"
    assert "rendering" in shown
    assert "8/8" in shown or "7/8" in shown
    assert shown.endswith("\r")  # cleared: it leaves no trace


@pytest.mark.parametrize("work", [WORK.format(delay=5), WORK.format(delay=0)])
def test_what_is_fast_and_what_a_worker_does_shows_nothing(work):
    variables = {"LOCAL_RANK": "1"} if "DELAY = 0" in work else {}
    assert on_terminal(work, **variables) == ("8\n", "")


def test_off_a_terminal_nothing_is_shown(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    assert list(with_progress(range(3), "count")) == [0, 1, 2]
    with progress_bar("bytes", 10, "B") as bar:
        bar.update(10)
    assert capsys.readouterr() == ("", "")


def hidden_in_worker(queue):
    queue.put(bool(progress_bar("bytes", 1, "B").disable) and progress._is_worker())


def test_a_child_process_is_a_worker():
    assert not progress._is_worker()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=hidden_in_worker, args=(queue,))
    process.start()
    assert queue.get(timeout=60)
    process.join()


def test_a_notebook_shows_what_is_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    assert list(with_progress(range(2), "runs", unit="run", in_notebook=True)) == [0, 1]
    assert "runs: " in capsys.readouterr().err


def test_items_of_unknown_number_are_counted(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0)
    assert list(with_progress(iter("ab"), "lines", unit="line", in_notebook=True)) == ["a", "b"]
    assert "line" in capsys.readouterr().err
