"""Read files of label embeddings."""

from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor

from leap.data.names import spelled
from leap.errors import LeapError
from leap.io.npy import read_npy
from leap.io.reason import explain, reason
from leap.io.tensor_file import load_file


def read_label_embeddings(path: str | Path, classes: int, names: Sequence[str] = ()) -> Tensor:
    """Read label embeddings from a file, in label order.

    Args:
        path: a ``.npy`` file with an array (C, L), or a ``.pt`` file with a dictionary of C vectors; no code
            in the file is run. A dictionary whose keys are the names of the classes may have any order. The
            keys of LEAP's release are other spellings of the classes, in label order.
        classes: expected number of classes, C.
        names: names of the classes, in label order; empty if the keys of a dictionary are not compared.

    Returns:
        Label embeddings, float32 (C, L).

    Raises:
        LeapError: the file cannot be read, holds another number of labels or a value that is not finite, or
            names some of the classes in another order.
    """
    path = Path(path)
    try:
        keys, rows = ([], read_npy(path)) if path.suffix == ".npy" else _read_pt(path)
        embeddings = torch.as_tensor(np.asarray(rows), dtype=torch.float32)
    except UnpicklingError:  # its message advises running the code that the file may contain
        raise LeapError(f"{path}: not a file of label embeddings (damaged, or holds code)") from None
    except Exception as error:  # numpy and torch raise many kinds for a damaged file
        why = explain(error, f"not a file of label embeddings ({reason(error)})", "give a .npy or .pt")
        raise LeapError(f"{path}: {why}") from None
    if embeddings.ndim != 2 or len(embeddings) != classes:
        shape = tuple(embeddings.shape)
        raise LeapError(f"{path}: label embeddings of shape {shape}, but there are {classes} classes")
    if not torch.isfinite(embeddings).all():
        raise LeapError(f"{path}: label embeddings hold NaN or infinity; make the file again")
    return embeddings[_label_order(keys, names, path)] if keys and names else embeddings


def _label_order(keys: Sequence[str], names: Sequence[str], path: Path) -> list[int]:
    """Positions of the classes' vectors among the keys of a dictionary."""
    keys, names = [spelled(key) for key in keys], [spelled(name) for name in names]
    if set(keys) == set(names):
        return [keys.index(name) for name in names]
    for position, key in enumerate(keys):
        if key in names and key != names[position]:
            where = f"vector {position + 1} is of {key!r}, class {position + 1} is {names[position]!r}"
            raise LeapError(f"{path}: {where}; name the vectors by the classes, or give them in this order")
    return list(range(len(keys)))


def _read_pt(path: Path) -> tuple[list[str], np.ndarray]:
    table = load_file(path)
    vectors = [np.asarray(vector) for vector in table.values()]
    if sum(vector.nbytes for vector in vectors) > path.stat().st_size:
        raise ValueError("the vectors are larger than the file")
    return list(map(str, table)), np.stack(vectors)
