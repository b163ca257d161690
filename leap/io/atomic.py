"""Write files atomically: a file appears complete or not at all."""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from leap.errors import LeapError

CAUSED_BY_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Reasons of the operating system that only a write can have; such errors do not name their file."""


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush the file to disk and rename it to ``path``.

    The temporary name is unique and keeps the suffix of ``path``, because some writers choose the format by
    it. The file gets the permissions of any new file in its folder, even from writers that choose others. On
    an error the temporary file is removed and ``path`` stays unchanged.

    Raises:
        OSError: the file cannot be written; the error names ``path``, not the temporary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(6)}{path.suffix}")
    try:
        with errors_about(temporary, path):
            permissions = _permissions_of_new(temporary)
            yield temporary
            if temporary.stat().st_mode & 0o777 != permissions:
                temporary.chmod(permissions)
            rename_durably(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, atomically.

    Raises:
        OSError: the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def rename_durably(finished: Path, path: Path) -> None:
    """Flush a finished file to disk, rename it to ``path``, then flush the folder.

    After a power failure, ``path`` is the old file, the new file or missing, but never a partial file.

    Raises:
        OSError: a file cannot be flushed or renamed.
    """
    _flush(finished)
    finished.replace(path)
    _flush(path.parent)


@contextmanager
def errors_about(temporary: Path, path: Path) -> Iterator[None]:
    """Make errors about a file that is being written name ``path``; other errors pass unchanged.

    Args:
        temporary: the file that is written.
        path: its final path, which may be the same.
    """
    try:
        yield
    except Exception as error:
        renamed = _name_target(error, temporary, path)
        if renamed is None:
            raise
        raise renamed from error


def _name_target(error: Exception, temporary: Path, path: Path) -> Exception | None:
    """Error about the final path in place of one about the temporary file; None for an unrelated error."""
    if isinstance(error, LeapError):
        named = str(temporary) in str(error)
        return LeapError(str(error).replace(str(temporary), str(path))) if named else None
    if isinstance(error, SafetensorError):  # gives the cause only in its message
        number = re.search(r"os error (\d+)", str(error))
        return _os_error(int(number[1]), path) if number else None
    if not isinstance(error, OSError):
        return None
    if error.errno is None and "writ" in str(error):  # "… bytes requested and … written"
        return OSError(f"{path}: cannot be written ({error}); perhaps the disk is full")
    about_target = str(error.filename) == str(temporary)
    unnamed = error.filename is None and error.errno in CAUSED_BY_WRITING
    return _os_error(error.errno, path) if error.errno and (about_target or unnamed) else None


def _os_error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))


def _permissions_of_new(path: Path) -> int:
    """Permissions of a new file at ``path``, found by a trial, because reading the umask changes it."""
    path.touch(exist_ok=False)
    try:
        return path.stat().st_mode & 0o777
    finally:
        path.unlink()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
