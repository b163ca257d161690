"""Examine an installation: metadata in this process, imports and files in another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from leap.doctor import core, packages, system
from leap.doctor.finding import Finding, guarded
from leap.doctor.probe import MARK

TIMEOUT = 120
"""Seconds that imports may take, on a slow network disk for example."""


def examine(timeout: float = TIMEOUT) -> list[Finding]:
    """Everything that is known about this installation; raises nothing, whatever is broken.

    Args:
        timeout: seconds after which the imports count as hanging.
    """
    return [
        *guarded(system.SECTION, "system", system.system_findings),
        *guarded(packages.SECTION, "packages", packages.package_findings),
        *guarded(core.SECTION, "examination", partial(_probe, timeout), True),
    ]


def _probe(timeout: float) -> Iterator[Finding]:
    """The findings of `leap.doctor.probe`, and how its process ended if it did not end well.

    The process has this one's path of modules, and imports nothing else from the working folder.
    """
    program = f"import sys; sys.path[:] = {sys.path!r}; from leap.doctor.probe import main; main()"
    command = [sys.executable, "-P", "-c", program]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        out, ended = done.stdout, _end(done.returncode, done.stderr)
    except subprocess.TimeoutExpired as error:
        out, ended = error.stdout or b"", f"no answer within {timeout:g} s"
    for line in out.decode(errors="replace").splitlines():
        if line.startswith(MARK):
            yield Finding(*json.loads(line.removeprefix(MARK)))
    if ended:
        yield Finding(core.SECTION, "examination", ended, core.REINSTALL.format(name="torch"), True)


def _end(status: int, err: bytes) -> str:
    """How a process ended; empty if without a failure."""
    if status == 0:
        return ""
    if status < 0:
        return f"an import ended the process ({signal.Signals(-status).name})"
    last = err.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
    return f"an import ended the process with status {status} ({last[0]})"
