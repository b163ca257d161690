"""Arrays of numbers in ``.npy`` files."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_magic
from numpy.typing import NDArray


def read_npy(path: Path, mapped: bool = False) -> NDArray[Any]:
    """Read an array; where it is only ``mapped``, its values are not read yet.

    Its shape is compared with the file's size before memory is taken for it.

    Raises:
        Exception: of many kinds, where the file is missing or is not one array of numbers.
    """
    with path.open("rb") as file:
        if read_magic(file) != (1, 0):
            raise ValueError("not version 1.0 of the format, in which numbers are written")
        shape, _, dtype = read_array_header_1_0(file)
        start = file.tell()
    if dtype.kind not in "fiub":
        raise ValueError("not an array of numbers")
    if start + dtype.itemsize * prod(shape) != path.stat().st_size:
        raise ValueError("not as large as its shape")
    return np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
