"""Downloads that resume, are checked and appear whole; archives unpacked only where they should be."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

import requests
from tqdm import tqdm

from leap.errors import LeapError
from leap.io.atomic import settle

CHUNK = 1 << 16
"""Bytes written at once: an interruption loses fewer."""

LARGEST = 2**24
"""Bytes of a file in an archive; all that are unpacked hold a single recording or video each."""

TIMEOUT = 60
"""Seconds without an answer after which a download stops."""


def download(url: str, path: Path, sha256: str = "") -> None:
    """Download a file, unless it is there.

    What has come of a download that stopped lies beside ``path`` and the next call goes on from it.

    Args:
        url: of the file.
        path: where it goes; it appears whole or not at all.
        sha256: of the content, where it is known.

    Raises:
        LeapError: the download fails or has other content; or another file is at ``path``, which stays.
    """
    if path.exists():
        if sha256 and file_sha256(path) != sha256:
            raise LeapError(f"{path}: is there, but is not the file of {url}; move it away")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        _receive(url, part)
    except requests.RequestException as error:
        reason = str(error) if isinstance(error, requests.HTTPError) else type(error).__name__
        raise LeapError(f"{url}: cannot download ({reason}); run it again to go on") from error
    if sha256 and file_sha256(part) != sha256:
        part.unlink()
        raise LeapError(f"{url}: the download does not have the SHA-256 {sha256}; try again")
    settle(part, path)


def unpack(archive: Path, place: Callable[[PurePosixPath], Path | None]) -> None:
    """Unpack a zip archive.

    Args:
        archive: the archive.
        place: where a member goes by its path in the archive, None to leave it out.

    Raises:
        LeapError: the archive is damaged, or would become far larger than it should.
    """
    try:
        with ZipFile(archive) as file:
            for member in tqdm(file.infolist(), archive.name, unit="file", disable=None):
                target = None if member.is_dir() else place(PurePosixPath(member.filename))
                if target is not None and member.file_size > LARGEST:
                    raise LeapError(f"{archive.name}: {member.filename} is too large to be one of its files")
                if target is not None:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with file.open(member) as source, target.open("wb") as copy:
                        shutil.copyfileobj(source, copy)
    except (BadZipFile, OSError, EOFError) as error:
        raise LeapError(
            f"{archive.name}: the download is not a sound zip archive ({error}); try again"
        ) from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _receive(url: str, part: Path) -> None:
    """Write the rest of a file that ``part`` has the beginning of."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if have and answer.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()  # of another file, or longer than it
            _receive(url, part)
            return
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        left = int(answer.headers.get("Content-Length", 0)) or None
        with (
            part.open("ab" if resumed else "wb") as file,
            tqdm(total=left, desc=part.name, unit="B", unit_scale=True, disable=None) as bar,
        ):
            for chunk in answer.iter_content(CHUNK):
                bar.update(file.write(chunk))
