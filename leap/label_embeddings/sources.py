"""Label embeddings by name, as a config names them."""

import hashlib
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor

from leap.errors import LeapError
from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.ngrams import ngram_embeddings

ORTHOGONAL = "orthogonal"
ORTHOGONAL_WIDTH = 64
LEARNED = "learned"
"""Start as orthogonal ones and are trained with the parser."""

PACKED = "dataset"
"""Those that belong to the data set, as GloVe vectors to a packed LLP."""

NGRAMS = "ngrams"
ALIKE = "alike"
"""One random vector for all classes, each a hundredth away from it: labels that hardly differ."""

APART = 0.01
NAMED = (ORTHOGONAL, LEARNED, NGRAMS, ALIKE, PACKED)


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


def label_embeddings(
    source: str, classes: Sequence[str], packed: Callable[[], Tensor] | None = None
) -> Tensor:
    """Label embeddings (C, L) by the name of their source.

    Args:
        source: ``"orthogonal"``, ``"learned"`` (their start), ``"ngrams"``, ``"alike"``, ``"dataset"`` or the
            path of a file.
        classes: names of the C classes, in order.
        packed: gives the label embeddings that belong to the data set.

    Raises:
        LeapError: the data set has none, or the file is missing or does not fit.
    """
    if source in (ORTHOGONAL, LEARNED):
        return random_orthogonal(len(classes))
    if source == ALIKE:
        shared, *own = random_orthogonal(len(classes) + 1)
        return shared + APART * torch.stack(own)
    if source == NGRAMS:
        return ngram_embeddings(classes)
    if source == PACKED:
        if packed is None:
            raise LeapError("label embeddings 'dataset' need a data set; name a file or another source")
        return packed()
    return read_label_embeddings(source, len(classes))


def source_checksum(source: str) -> str:
    """SHA-256 of a file of label embeddings; empty for those that are made or belong to the data set.

    Raises:
        LeapError: if the file cannot be read.
    """
    if source in NAMED:
        return ""
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError as error:
        raise LeapError(
            f"{source}: cannot be read ({error.strerror}); give a .npy or .pt of label embeddings, or one of "
            f"{', '.join(NAMED)}"
        ) from None
