"""Files appear whole or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush it to disk and rename it over ``path``.

    The temporary name keeps the suffix, because writers choose a format by it. On an error the
    temporary file is removed and ``path`` is left as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        settle(temporary, path)
    except Exception as error:
        raise _clear(error, temporary, path) from None
    finally:
        temporary.unlink(missing_ok=True)


def _clear(error: Exception, temporary: Path, path: Path) -> Exception:
    """A failure to write with the system's reason and the name of the file that was to come."""
    said = re.search(r"os error (\d+)", str(error))  # of libraries that have the reason in their message only
    if said:
        return OSError(int(said[1]), os.strerror(int(said[1])), str(path))
    if not isinstance(error, OSError) or str(error.filename or temporary) != str(temporary):
        return error
    if error.errno is None:
        return OSError(f"{path}: cannot be written ({error}); perhaps the disk is full")
    return OSError(error.errno, error.strerror, str(path))


def settle(finished: Path, path: Path) -> None:
    """Flush a finished file to disk, then give it its name, then flush the name.

    In this order a power cut leaves the old file, the new one, or none; never a part.
    """
    _flush(finished)
    finished.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def atomic_write(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
