"""Read files written by ``torch.save`` without running code that they may contain."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch
from torch import Tensor

from leap.errors import LeapError

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


def read_checkpoint(path: Path) -> Mapping[str, Tensor]:
    """Read a state dict, without running code that its file may contain.

    Args:
        path: A file that ``torch.save`` wrote: the state dict itself, or a table that holds it under
            ``"model"`` beside the state of training.

    Raises:
        LeapError: the file cannot be read, or is not a table of tensors.
    """
    try:
        state = load_file(path)
    except OSError as error:
        raise LeapError(f"{path}: cannot be read ({error.strerror}); give a released checkpoint") from None
    except Exception:  # torch raises many kinds, and advises to run the code that a file may contain
        raise LeapError(f"{path}: damaged, or holds more than tensors by name") from None
    if isinstance(state, Mapping) and isinstance(state.get("model"), Mapping):
        state = state["model"]
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise LeapError(f"{path}: not a state dict, a table of tensors by name")
    size = path.stat().st_size
    odd = [name for name, value in state.items() if not isinstance(name, str) or not _lies_in(value, size)]
    if odd:
        raise LeapError(f"{path}: {odd[0]!r} names no plain numbers that lie in the file")
    return state


def _lies_in(tensor: Tensor, size: int) -> bool:
    """Whether all of a tensor's numbers can be in a file of so many bytes."""
    odd = tensor.is_meta or tensor.is_quantized or tensor.is_complex() or tensor.layout is not torch.strided
    return not odd and tensor.nbytes <= size


def _check_archive(path: Path) -> None:
    """Compare sizes and checksums, which torch does not, and refuse members that torch would misread."""
    with ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
            raise ValueError("its members are larger than the file")
        if any(member.external_attr & FOLDER for member in archive.infolist()):
            raise ValueError("it has folders in place of tensors")
        if archive.testzip():
            raise ValueError("a member does not match its checksum")
