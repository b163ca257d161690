"""Arrays of numbers in ``.npy`` files."""

from io import BufferedReader
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_array_header_2_0, read_magic, write_array
from numpy.typing import NDArray

from leap.io.atomic import atomic_path

HEADERS = {(1, 0): read_array_header_1_0, (2, 0): read_array_header_2_0, (3, 0): read_array_header_2_0}
"""Header readers by format version; versions 2 and 3 differ only in the encoding of field names."""


def read_npy(path: Path, mapped: bool = False) -> NDArray[Any]:
    """Read an array of real numbers or booleans.

    The header is compared with the size of the file before memory is allocated.

    Args:
        path: the file.
        mapped: map the file into memory, which reads values from disk only when they are used.

    Raises:
        OSError: the file cannot be opened.
        Exception: the file is damaged or holds something else; the type depends on the defect.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        shape, dtype = _read_header(file, size)
        start = file.tell()
    if dtype.kind not in "fiub":
        raise ValueError("not an array of numbers")
    if start + dtype.itemsize * prod(shape) != size:
        raise ValueError("the size of the file does not match the shape of the array")
    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)


def _read_header(file: BufferedReader, size: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"version {version} of the format is unknown")
    if version > (1, 0) and int.from_bytes(file.peek(4)[:4], "little") > size:
        raise ValueError("the header is larger than the file")
    shape, _, dtype = HEADERS[version](file)
    return shape, dtype


def write_npy(path: Path, array: NDArray[Any]) -> None:
    """Write an array of numbers, atomically.

    On a full disk, ``numpy.save`` may lose up to 4 KiB at the end without an error; this function raises.

    Args:
        path: the file.
        array: the array.

    Raises:
        OSError: the file cannot be written.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        write_array(SimpleNamespace(write=file.write), array, allow_pickle=False)
