"""The page about the command line: its commands run, and print what the page says."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.cli.test_completion import answer
from tests.io.test_progress import on_terminal
from tests.tree import ROOT

TEXT = (ROOT / "book" / "command_line.md").read_text(encoding="utf-8")
DOCTOR, INSTALL, SIMULATE = (
    shlex.split(line)[1:] for line in re.findall(r"```sh\n(.*?)\n```", TEXT, re.DOTALL)
)
REPORT, LINE, VALUES = re.findall(r"```text\n(.*?)\n```", TEXT, re.DOTALL)


@pytest.fixture
def home(tmp_path):
    """Environment of a user with a home folder of their own and without LLP."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEAP_", "XDG_"))}
    return kept | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


def test_the_report_has_the_lines_of_the_page(home, tmp_path):
    command = [sys.executable, "-m", "leap", *DOCTOR]
    report = subprocess.run(
        command, env=home, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    for line in REPORT.splitlines():
        subject = line.partition(": ")[0]
        (found,) = (line for line in report.splitlines() if line.startswith(f"{subject}: "))
        machine = subject in ("- [text]", "- GPU", "- cache")
        assert found == line or machine, subject


def test_completion_is_installed_and_completes_the_line_of_the_page(home, tmp_path):
    call = f"{shlex.quote(sys.executable)} -m leap {shlex.join(INSTALL)}; true"
    result = subprocess.run(["bash", "-c", call], env=home, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("bash completion installed in ")
    assert answer(LINE).split() == VALUES.split()


def test_long_work_shows_a_bar_on_a_terminal(tmp_path):
    code = "from leap.io import progress; progress.DELAY = 0.5; from leap.cli import main; main()"
    words = [*SIMULATE[:-1], str(tmp_path / SIMULATE[-1])]
    out, shown = on_terminal(f"import sys; sys.argv[1:] = {words!r}; {code}")
    assert out == f"{tmp_path / 'llp_sim.h5'}\n"
    assert "simulate:" in shown
    assert "video/s" in shown
