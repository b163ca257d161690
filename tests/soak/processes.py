"""Commands in processes of their own, and their sudden end."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil


def start(command: Sequence[str], cwd: Path) -> subprocess.Popen[str]:
    """Start a command that prints into a file beside it, so that it never waits for a reader."""
    with (cwd / "output.txt").open("w") as output:
        return subprocess.Popen(command, cwd=cwd, stdout=output, stderr=subprocess.STDOUT, text=True)


def complete(command: Sequence[str], cwd: Path) -> None:
    """Run a command that has to succeed."""
    process = start(command, cwd)
    assert process.wait() == 0, (cwd / "output.txt").read_text()


def kill(process: subprocess.Popen[str]) -> bool:
    """``kill -9`` a process and all that it has started; False where it had ended before."""
    if process.poll() is not None:
        return False
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family)
    process.wait()
    return True
