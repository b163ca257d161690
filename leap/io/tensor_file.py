"""Files that ``torch.save`` wrote, read without running code that they may hold."""

import warnings
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch

ARCHIVE = b"PK\x03\x04"
"""What files begin with that were written since 2020."""

FOLDER = 0x10
"""Attribute of a member of an archive; a tensor whose numbers have it gets what was in memory before."""

NUMPY_ARRAYS: list[Any] = [
    (np.array([]).__reduce__()[0], f"{module}.multiarray._reconstruct")
    for module in ("numpy.core", "numpy._core")
] + [np.ndarray, np.dtype, type(np.dtype(np.uint32))]
"""What a stored NumPy array is made of; its making runs no code of the file."""


def load_file(path: Path) -> Any:
    """What a file holds: tensors, NumPy arrays, and tables and lists of them.

    Raises:
        Exception: of many kinds, where the file is missing, damaged, or holds anything else.
    """
    with path.open("rb") as file:
        archive = file.read(len(ARCHIVE)) == ARCHIVE
    if archive:
        _check_archive(path)
    with torch.serialization.safe_globals(NUMPY_ARRAYS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about damaged files and old ones
        return torch.load(path, map_location="cpu", weights_only=True)


def _check_archive(path: Path) -> None:
    """Compare sizes and checksums, which torch does not, and refuse what it would pass over."""
    with ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
            raise ValueError("larger than the file")
        if any(member.external_attr & FOLDER for member in archive.infolist()):
            raise ValueError("folders in place of tensors")
        if archive.testzip():
            raise ValueError("content without its checksum")
