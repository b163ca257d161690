"""Write files atomically: a file appears complete or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush the file to disk and rename it to ``path``.

    The temporary name keeps the suffix of ``path``, because some writers choose the format by it. On an error
    the temporary file is removed and ``path`` stays unchanged.

    Raises:
        OSError: the file cannot be written; the error names ``path``, not the temporary file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        rename_durably(temporary, path)
    except Exception as error:
        raise _name_target(error, temporary, path) from None
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


def _name_target(error: Exception, temporary: Path, path: Path) -> Exception:
    """Make an error about the temporary file name the target file instead."""
    number = re.search(r"os error (\d+)", str(error))  # safetensors gives the cause only in its message
    if number:
        return OSError(int(number[1]), os.strerror(int(number[1])), str(path))
    if not isinstance(error, OSError) or str(error.filename or temporary) != str(temporary):
        return error
    if error.errno is None:
        return OSError(f"{path}: cannot be written ({error}); perhaps the disk is full")
    return OSError(error.errno, error.strerror, str(path))


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
