"""Resumable, checksummed downloads, and safe extraction of zip archives."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from leap.errors import LeapError, require
from leap.io.atomic import errors_about, rename_durably
from leap.io.progress import progress_bar, with_progress
from leap.io.reason import reason

CHUNK = 1 << 16
"""Bytes per write; an interruption loses at most this many."""

BLOCK = 1 << 20
"""Bytes that are hashed at once."""

LARGEST = 2**24
"""Size limit in bytes for a file in an archive, which holds the data of one recording or video."""

TIMEOUT = 60
"""Seconds without data after which a download fails."""


def download(url: str, path: Path, sha256: str = "") -> None:
    """Download a file, unless it exists.

    An interrupted download leaves a partial file beside ``path``, from which the next call resumes.

    Args:
        url: address of the file.
        path: the file to write, atomically.
        sha256: expected checksum of the content; empty to accept any content.

    Raises:
        LeapError: the download fails or has another checksum, or ``path`` holds a different file, which is
            left unchanged; or the ``media`` extra is not installed.
        OSError: the file cannot be written.
    """
    if path.exists():
        if sha256 and file_sha256(path) != sha256:
            raise LeapError(f"{path}: exists, but is not the file at {url}; move it away")
        return
    requests = require("requests", "media")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        _receive(url, part)
    except requests.RequestException as error:
        raise LeapError(f"{url}: cannot download ({_why(error)}); run the command again to resume") from error
    if sha256 and file_sha256(part) != sha256:
        part.unlink()
        raise LeapError(f"{url}: the download does not have the SHA-256 {sha256}; try again")
    rename_durably(part, path)


class DamagedArchiveError(LeapError):
    """A zip archive that is damaged or holds something unexpected; another download may be sound."""


def unpack(archive: Path, target: Callable[[PurePosixPath], Path | None]) -> None:
    """Extract files from a zip archive.

    Args:
        archive: the archive.
        target: maps the path of a member in the archive to the file to write, or to None to skip it.

    Raises:
        DamagedArchiveError: the archive is damaged, or a member is larger than `LARGEST`.
        OSError: the archive cannot be read, or a file cannot be written.
    """
    with _damage_reported(archive):
        file = ZipFile(archive)
    with file:
        for member in with_progress(file.infolist(), archive.name, unit="file"):
            path = None if member.is_dir() else target(PurePosixPath(member.filename))
            if path is not None:
                content = _read_member(file, member, archive)
                path.parent.mkdir(parents=True, exist_ok=True)
                with errors_about(path, path):
                    path.write_bytes(content)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    digest, size = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file, progress_bar(f"check {path.name}", size, "B") as bar:
        while block := file.read(BLOCK):
            digest.update(block)
            bar.update(len(block))
    return digest.hexdigest()


def _read_member(file: ZipFile, member: ZipInfo, archive: Path) -> bytes:
    if member.file_size > LARGEST:
        raise DamagedArchiveError(
            f"{archive.name}: {member.filename} is too large for a file of this archive"
        )
    with _damage_reported(archive):
        return file.read(member)


@contextmanager
def _damage_reported(archive: Path) -> Iterator[None]:
    """Turn whatever the decoders raise for a damaged archive into one error; the system's errors pass."""
    try:
        yield
    except Exception as error:
        by_system = isinstance(error, OSError) and error.errno not in (
            None,
            errno.EINVAL,
        )  # EINVAL: bad offset
        if by_system or isinstance(error, MemoryError):
            raise
        raise DamagedArchiveError(
            f"{archive.name}: the download is not a sound zip archive ({reason(error)}); try again"
        ) from error


def _why(error: Exception) -> str:
    """Say in a few words why a request failed."""
    requests = require("requests", "media")
    if isinstance(error, requests.HTTPError):
        return str(error)
    words = {requests.Timeout: f"no data for {TIMEOUT} s", requests.ConnectionError: "no connection"}
    found = [text for kind, text in words.items() if isinstance(error, kind)]
    return f"{found[0]}, {type(error).__name__}" if found else type(error).__name__


def _receive(url: str, part: Path) -> None:
    """Download the missing rest of a file to the end of ``part``; nothing if the server calls it complete."""
    requests = require("requests", "media")
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if have and answer.status_code == requests.codes.requested_range_not_satisfiable:
            if answer.headers.get("Content-Range") == f"bytes */{have}":
                return  # complete: the process stopped before it renamed the file
            part.unlink()  # the part is longer than the file, so it belongs to another one
            _receive(url, part)
            return
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        left = int(answer.headers.get("Content-Length", 0)) or None
        with (
            part.open("ab" if resumed else "wb") as file,
            progress_bar(part.name.strip(".").removesuffix(".part"), left, "B") as bar,
        ):
            for chunk in answer.iter_content(CHUNK):
                bar.update(file.write(chunk))
