"""One study at a time in a folder: ``python -m leap.experiments.study_lock COMMAND …``.

The engine removes what a run is to make before the run begins, so that two at once would undo each other's
work. Its own lock outlives a process that is killed; this one does not.
"""

import fcntl
import os
import sys
from pathlib import Path

LOCK = Path(".snakemake") / "alone"


def main(command: list[str]) -> None:
    """Become the command, unless another holds the lock of this folder."""
    LOCK.parent.mkdir(exist_ok=True)
    handle = os.open(LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("leap: another study is at work in this folder; wait for it, or stop it", file=sys.stderr)
        raise SystemExit(2) from None
    os.set_inheritable(handle, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
