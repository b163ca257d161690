"""Read files of label embeddings."""

from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor

from leap.errors import LeapError
from leap.io.npy import read_npy
from leap.io.reason import os_reason, reason
from leap.io.tensor_file import load_file


def read_label_embeddings(path: str | Path, classes: int) -> Tensor:
    """Read label embeddings from a file, in label order.

    Args:
        path: a ``.npy`` file with an array (C, L), or a ``.pt`` file with a dictionary of C vectors, as
            LEAP's release ships them; no code in the file is run.
        classes: expected number of classes, C.

    Returns:
        Label embeddings, float32 (C, L).

    Raises:
        LeapError: the file cannot be read, or holds another number of labels or a value that is not finite.
    """
    path = Path(path)
    try:
        rows = read_npy(path) if path.suffix == ".npy" else _read_pt(path)
        embeddings = torch.as_tensor(np.asarray(rows), dtype=torch.float32)
    except UnpicklingError:  # its message advises running the code that the file may contain
        raise LeapError(f"{path}: not a file of label embeddings (damaged, or holds code)") from None
    except Exception as error:  # numpy and torch raise many kinds for a damaged file
        why = os_reason(error) or f"not a file of label embeddings ({reason(error)})"
        raise LeapError(f"{path}: {why}; give a .npy or .pt") from None
    if embeddings.ndim != 2 or len(embeddings) != classes:
        shape = tuple(embeddings.shape)
        raise LeapError(f"{path}: label embeddings of shape {shape}, but there are {classes} classes")
    if not torch.isfinite(embeddings).all():
        raise LeapError(f"{path}: label embeddings hold NaN or infinity; make the file again")
    return embeddings


def _read_pt(path: Path) -> np.ndarray:
    vectors = [np.asarray(vector) for vector in load_file(path).values()]
    if sum(vector.nbytes for vector in vectors) > path.stat().st_size:
        raise ValueError("the vectors are larger than the file")
    return np.stack(vectors)
