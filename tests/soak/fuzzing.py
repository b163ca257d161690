"""Run the cases of a campaign in a process of its own, which a crash, a hang or greed for memory ends."""

import re
import resource
import signal
import time
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from leap.errors import LeapError

SEED = 0
SECONDS, WAIT = 2, 60
"""That a case may take, of computing and in all; the system ends the process after that."""

MEMORY = 200 << 20
"""Bytes that all cases together may take beyond what the process has at its start."""

SHARED = Path("/dev/shm")

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload([__package__ + ".readers"])


class Kind(NamedTuple):
    """A kind of input.

    Attributes:
        short: number of cases of a short campaign.
        long: that of a long one.
        read: makes the input of a case in a folder and reads it; what it returns goes to ``check``.
        check: asserts what has to hold of an input that was accepted.
        lazy: whether the library may ask for memory, of which it touches none, before it compares sizes.
    """

    short: int
    long: int
    read: Callable[[Path, Random], tuple[Any, ...]]
    check: Callable[..., None]
    lazy: bool = False


class Counts(NamedTuple):
    """What became of the cases of a campaign."""

    refused: int
    accepted: int
    seconds: float


def run(name: str, kind: Kind, cases: int) -> Counts:
    """Run a campaign.

    Raises:
        AssertionError: a case was neither refused in one line nor read soundly; the message names it.
    """
    place = CONTEXT.Value("q", 0, lock=False)
    ours, theirs = CONTEXT.Pipe(duplex=False)
    with TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as folder:
        child = CONTEXT.Process(target=_work, args=(kind, Path(folder), cases, place, theirs))
        child.start()
        theirs.close()
        outcome = _received(ours)
        child.join()
    outcome = outcome or f"its process ended with {child.exitcode}"
    assert isinstance(outcome, Counts), f"{name}, seed {SEED}, case {place.value}: {outcome}"
    return outcome


def _received(results: Connection) -> Any:
    """What a process sends, if it does before it ends."""
    try:
        return results.recv()
    except EOFError:
        return None


def is_accepted(kind: Kind, folder: Path, number: int) -> bool:
    """Whether a case is read, not refused.

    Raises:
        Exception: it is neither refused in one line nor read soundly.
    """
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(WAIT)
    try:
        found = kind.read(folder, Random(f"{SEED} {number}"))
    except LeapError as error:
        _check_refusal(error, kind.lazy)
        return False
    kind.check(*found)
    return True


def _work(kind: Kind, folder: Path, cases: int, place: Any, results: Connection) -> None:
    try:
        is_accepted(kind, folder, 0)  # imports and samples do not count
        if not kind.lazy:
            _limit_memory()
        started, accepted, memory = time.perf_counter(), 0, _peak()
        for number in range(cases):
            place.value = number
            accepted += is_accepted(kind, folder, number)
            assert _peak() < memory + MEMORY
    except BaseException:
        results.send(traceback.format_exc())
    else:
        results.send(Counts(cases - accepted, accepted, round(time.perf_counter() - started, 1)))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _check_refusal(error: LeapError, lazy: bool) -> None:
    assert str(error).isprintable()
    assert lazy or not _lacked_memory(error)


def _lacked_memory(error: BaseException | None) -> bool:
    """Whether a refusal comes of memory that was asked for, not of a look at the file's size."""
    if error is None:
        return False
    asked = isinstance(error, MemoryError) or re.search("allocate|allocation failed|bad_alloc", str(error))
    return bool(asked) or _lacked_memory(error.__cause__ or error.__context__)
