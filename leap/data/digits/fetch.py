"""Download the recordings of the Free Spoken Digit Dataset."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from leap.data.digits.sources import REVISION, check_recordings
from leap.errors import LeapError

URL = f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/{REVISION}.zip"
"""GitHub may pack an archive anew, so the recordings inside are checked and not its bytes."""


def fetch_recordings(out: Path) -> Path:
    """Download the 3,000 recordings of the pinned revision into the new folder ``out``, and return it.

    Raises:
        LeapError: ``out`` exists, the download fails, or its recordings are not the pinned ones.
    """
    fetch_archive(URL, out, check_recordings)
    return out


def fetch_archive(
    url: str, out: Path, check: Callable[[Path], None], archive_hash: str | None = None
) -> None:
    """Download a zip archive and move its ``<root>/recordings/*.wav`` to ``out`` if ``check`` accepts them.

    Args:
        url: of the archive.
        out: folder that is made; it appears whole or not at all.
        check: raises where the unpacked folder is not what it should be.
        archive_hash: ``sha256:…`` of the archive, where it is known.
    """
    if out.exists():
        raise LeapError(f"{out}: exists already; name a new folder for the recordings")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as name:
        folder = Path(name)
        import pooch  # its import warns where notebooks lack widgets

        try:
            archive = pooch.retrieve(url, archive_hash, "archive.zip", folder)
        except (OSError, ValueError) as error:
            raise LeapError(f"{url}: cannot download ({error}); try again") from error
        _unpack(Path(archive), folder / "recordings")
        check(folder / "recordings")
        (folder / "recordings").rename(out)


def _unpack(archive: Path, folder: Path) -> None:
    """Copy the recordings to ``folder`` under their bare names, wherever the archive's paths point."""
    folder.mkdir()
    try:
        with ZipFile(archive) as file:
            for member in file.infolist():
                path = PurePosixPath(member.filename)
                if len(path.parts) == 3 and path.parts[1] == "recordings" and path.suffix == ".wav":
                    with file.open(member) as source, (folder / path.name).open("wb") as target:
                        shutil.copyfileobj(source, target)
    except (BadZipFile, OSError) as error:
        raise LeapError(
            f"{archive.name}: the download is not a sound zip archive ({error}); try again"
        ) from error
