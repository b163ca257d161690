"""Read files written by ``torch.save`` without running code that they may contain."""

import warnings
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch

ARCHIVE = b"PK\x03\x04"
"""First bytes of a zip archive, the format of ``torch.save`` since torch 1.6 (2020)."""

FOLDER = 0x10
"""File attribute of a folder in an archive; torch would fill such a tensor with uninitialised memory."""

NUMPY_ARRAYS: list[Any] = [
    (np.array([]).__reduce__()[0], f"{module}.multiarray._reconstruct")
    for module in ("numpy.core", "numpy._core")
] + [np.ndarray, np.dtype, type(np.dtype(np.uint32))]
"""What a pickled NumPy array refers to; unpickling it runs no code from the file."""


def load_file(path: Path) -> Any:
    """Read a file of tensors, NumPy arrays, and dictionaries and lists of them, onto the CPU.

    Raises:
        OSError: The file cannot be opened.
        Exception: The file is damaged or holds anything else; the type depends on the defect.
    """
    with path.open("rb") as file:
        archive = file.read(len(ARCHIVE)) == ARCHIVE
    if archive:
        _check_archive(path)
    with torch.serialization.safe_globals(NUMPY_ARRAYS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about damaged or old files
        return torch.load(path, map_location="cpu", weights_only=True)


def _check_archive(path: Path) -> None:
    """Compare sizes and checksums, which torch does not, and refuse members that torch would misread."""
    with ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
            raise ValueError("its members are larger than the file")
        if any(member.external_attr & FOLDER for member in archive.infolist()):
            raise ValueError("it has folders in place of tensors")
        if archive.testzip():
            raise ValueError("a member does not match its checksum")
