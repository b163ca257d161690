"""A lock that admits one study at a time to a working tree.

Snakemake removes the outputs of a job before it begins, so two studies would undo each other's work.
Snakemake's own lock outlives a process that is killed; this one ends with the process that holds it.
"""

from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from leap.errors import LeapError

LOCK = Path(".snakemake") / "study.lock"


def lock_study(folder: Path) -> BaseFileLock:
    """Acquire the lock of a working tree and hold it until the returned object or the process ends.

    Args:
        folder: root of the working tree.

    Raises:
        LeapError: another process holds the lock.
    """
    path = folder / LOCK
    path.parent.mkdir(exist_ok=True)
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise LeapError(
            f"{folder.resolve()}: another study is at work here; wait for it, or stop it"
        ) from None
    return lock
