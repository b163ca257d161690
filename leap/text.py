"""From label text to label embeddings."""

import hashlib
from math import sqrt
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from leap.errors import LeapError

ORTHOGONAL = "orthogonal"
ORTHOGONAL_WIDTH = 64


def random_orthogonal(classes: int, width: int = ORTHOGONAL_WIDTH, seed: int = 0) -> Tensor:
    """Label embeddings without semantics: random orthogonal rows of unit variance, (C, L).

    Args:
        classes: C.
        width: L; raised to C where it is smaller.
        seed: seed of the directions.
    """
    generator = torch.Generator().manual_seed(seed)
    gaussian = torch.randn(max(classes, width), classes, generator=generator, dtype=torch.float64)
    directions, _ = torch.linalg.qr(gaussian)  # (L, C), orthonormal columns
    return (directions.T * sqrt(len(gaussian))).float()


def read_label_embeddings(path: str | Path, classes: int) -> Tensor:
    """Read label embeddings (C, L) from a file, in class order.

    Args:
        path: a ``.npy`` array (C, L), or a ``.pt`` dictionary of C vectors as LEAP's release ships
            them (read without pickle code).
        classes: C, to check the file by.

    Raises:
        LeapError: if the file cannot be read, holds another number of labels or a value that is not finite.
    """
    try:
        rows = np.load(path, allow_pickle=False) if Path(path).suffix == ".npy" else _read_pt(path)
        embeddings = torch.as_tensor(np.asarray(rows), dtype=torch.float32)
    except Exception as error:  # numpy and torch raise many kinds for a damaged file
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LeapError(f"{path}: not a file of label embeddings ({reason}); give a .npy or .pt") from None
    if embeddings.ndim != 2 or len(embeddings) != classes:
        shape = tuple(embeddings.shape)
        raise LeapError(f"{path}: label embeddings of shape {shape}, but there are {classes} classes")
    if not torch.isfinite(embeddings).all():
        raise LeapError(f"{path}: label embeddings hold NaN or infinity; make the file again")
    return embeddings


def label_embeddings(source: str, classes: int) -> Tensor:
    """Label embeddings (C, L) by name: ``"orthogonal"`` or the path of a file."""
    return random_orthogonal(classes) if source == ORTHOGONAL else read_label_embeddings(source, classes)


def source_checksum(source: str) -> str:
    """SHA-256 of a file of label embeddings; empty for embeddings that are made, not read.

    Raises:
        LeapError: if the file cannot be read.
    """
    if source == ORTHOGONAL:
        return ""
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError as error:
        raise LeapError(f"{source}: cannot be read ({error.strerror}); give a .npy or .pt") from None


def _read_pt(path: str | Path) -> np.ndarray:
    vectors = torch.load(path, map_location="cpu", weights_only=True)
    return np.stack([np.asarray(vector, dtype=np.float32) for vector in vectors.values()])
