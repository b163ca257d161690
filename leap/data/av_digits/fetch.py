"""Download the recordings of the Free Spoken Digit Dataset."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath

from leap.data.av_digits.sources import REVISION, check_recordings
from leap.errors import LeapError
from leap.io.download import download, unpack

URL = f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/{REVISION}.zip"
"""Archive of the recordings; GitHub may recompress it, so the checksum is that of the recordings."""


def fetch_recordings(out: Path) -> Path:
    """Download the 3,000 recordings of the pinned revision into the new folder ``out``, and return it.

    Raises:
        LeapError: ``out`` exists, the download fails, or the archive holds other recordings.
    """
    fetch_archive(URL, out, check_recordings)
    return out


def fetch_archive(url: str, out: Path, check: Callable[[Path], None]) -> None:
    """Download a zip archive and move its ``<root>/recordings/*.wav`` to ``out`` if ``check`` accepts them.

    Args:
        url: address of the archive.
        out: the folder to create; it appears complete or not at all.
        check: function that raises unless the unpacked folder is the expected one.

    Raises:
        LeapError: ``out`` exists, the download fails, or ``check`` refuses the recordings.
    """
    if out.exists():
        raise LeapError(f"{out}: exists already; name a new folder for the recordings")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as name:
        folder = Path(name)
        download(url, folder / "archive.zip")
        (folder / "recordings").mkdir()
        unpack(folder / "archive.zip", partial(_place, folder / "recordings"))
        check(folder / "recordings")
        (folder / "recordings").rename(out)


def _place(folder: Path, member: PurePosixPath) -> Path | None:
    """Path in ``folder`` to unpack a recording to, from its file name only; None for other files."""
    wanted = len(member.parts) == 3 and member.parts[1] == "recordings" and member.suffix == ".wav"
    return folder / member.name if wanted else None
