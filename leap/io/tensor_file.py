"""Read files written by ``torch.save`` without running code that they may contain."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from leap.errors import LeapError
from leap.io.reason import os_reason

ARCHIVE = b"PK\x03\x04"
"""First bytes of a zip archive, the format of ``torch.save`` since torch 1.6 (2020)."""

FOLDER = 0x10
"""Attribute bit of a folder in an archive; torch would fill such a tensor with uninitialized memory."""

NUMPY_ARRAYS: list[Any] = [
    (np.array([]).__reduce__()[0], f"{module}.multiarray._reconstruct")
    for module in ("numpy.core", "numpy._core")
] + [np.ndarray, np.dtype, type(np.dtype(np.uint32))]
"""Objects that a pickled NumPy array refers to; unpickling them runs no code from the file."""

TENSOR_ERRORS = (SafetensorError, OSError, RuntimeError, ValueError, TypeError, LookupError, MemoryError)
"""Exceptions raised when a file of tensors is damaged, cannot be read or has unexpected content."""

CHECKPOINT_KEYS = ("model", "state_dict", "model_state_dict")
"""Keys under which training programs save a state dict beside other state."""

PREFIXES = ("module.", "_orig_mod.", "model.")
"""Prefixes that data-parallel training, ``torch.compile`` and Lightning put before all names."""


def load_file(path: Path) -> Any:
    """Read a file of tensors, NumPy arrays, and dictionaries and lists of them, onto the CPU.

    Raises:
        OSError: the file cannot be opened.
        Exception: the file is damaged or holds anything else; the type depends on the defect.
    """
    with path.open("rb") as file:
        archive = file.read(len(ARCHIVE)) == ARCHIVE
    if archive:
        _check_archive(path)
    with torch.serialization.safe_globals(NUMPY_ARRAYS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns about damaged or old files
        return torch.load(path, map_location="cpu", weights_only=True)


def open_tensors(path: str | Path) -> safe_open:
    """Open a safetensors file, onto the CPU.

    Raises:
        OSError: the file cannot be opened.
        SafetensorError: the file is damaged.
    """
    Path(path).open("rb").close()  # safetensors calls every file missing that it cannot open
    return safe_open(path, "pt")


def read_checkpoint(path: Path) -> Mapping[str, Tensor]:
    """Read a state dict without running code that its file may contain.

    Args:
        path: a file written by ``torch.save``: the state dict itself, or a dictionary that holds it under one
            of `CHECKPOINT_KEYS`, or as its only state dict, beside the state of training.

    Returns:
        Name → tensor, without the prefixes of wrappers (`strip_prefixes`).

    Raises:
        LeapError: the file cannot be read, or does not hold a dictionary of dense real tensors.
    """
    try:
        content = load_file(path)
    except Exception as error:  # torch raises many kinds, and its messages advise running the file's code
        what = "damaged, or holds more than tensors by name; save a state_dict()"
        raise LeapError(f"{path}: {os_reason(error) or what}") from None
    state = _state_dict(content, path)
    size = path.stat().st_size
    odd = [name for name, value in state.items() if not isinstance(name, str) or not _lies_in(value, size)]
    if odd:
        what = "an ordinary tensor (it is sparse, complex, quantized or larger than the file, or has no name)"
        raise LeapError(f"{path}: {odd[0]!r} is not the name of {what}; save a state_dict()")
    return strip_prefixes(state)


def _state_dict(content: Any, path: Path) -> Mapping[Any, Tensor]:
    """The state dict among the nested dictionaries of a checkpoint."""
    found = dict(_state_dicts(content))
    for key in ("", *CHECKPOINT_KEYS):
        if key in found:
            return found[key]
    if not found:
        held = ", ".join(map(str, content)) if isinstance(content, Mapping) else f"a {type(content).__name__}"
        raise LeapError(f"{path}: not a state dict (tensors by name); it holds {held:.100}")
    if len(found) > 1:
        places = f"{', '.join(found):.100}"
        raise LeapError(f"{path}: holds tensors under {places}; save one of these in a file of its own")
    return next(iter(found.values()))


def _state_dicts(content: Any, place: str = "") -> Iterator[tuple[str, Mapping[Any, Tensor]]]:
    """Dictionaries of tensors with their place in nested dictionaries; optimizers' are passed over."""
    if isinstance(content, Mapping) and "optim" not in place:
        if content and all(isinstance(value, Tensor) for value in content.values()):
            yield place, content
        for key, value in content.items():
            yield from _state_dicts(value, f"{place}.{key}".lstrip("."))


def strip_prefixes(state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Remove wrapper prefixes, such as that of data-parallel training, shared by all names of a state dict.

    Example:
        >>> dict(strip_prefixes({"module.weight": torch.zeros(1), "module.bias": torch.ones(1)}))
        {'weight': tensor([0.]), 'bias': tensor([1.])}
    """
    for prefix in PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            return strip_prefixes({name.removeprefix(prefix): value for name, value in state.items()})
    return state


def _lies_in(tensor: Tensor, size: int) -> bool:
    """Whether a tensor is dense and real, and no larger than a file of ``size`` bytes."""
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
