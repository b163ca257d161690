"""Label embeddings by source: one of the names below, or a file, as in ``ModelConfig.labels``."""

import hashlib
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path

import torch
from torch import Tensor

from leap.errors import LeapError
from leap.io.reason import reason
from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.shipped import SHIPPED, shipped_embeddings

ORTHOGONAL = "orthogonal"
ORTHOGONAL_WIDTH = 64
LEARNED = "learned"
"""Orthogonal vectors that are trained with the parser."""

PACKED = "dataset"
"""Label embeddings that are packed with the data, such as GloVe vectors with LLP."""

NGRAMS = "ngrams"
"""Hashed character n-grams of the class names: spelling without meaning."""

ALIKE = "alike"
"""One random vector shared by all classes plus a hundredth of an individual one: nearly equal labels."""

SPREAD = 0.01
SOURCES = (ORTHOGONAL, LEARNED, NGRAMS, ALIKE, *SHIPPED, PACKED)
"""Sources that have a name; any other source is the path of a file."""

SUFFIXES = (".npy", ".pt", ".pth")
"""Suffixes of files of label embeddings."""


def check_source(source: str) -> None:
    """Refuse a source of label embeddings that is neither a known name nor the path of a file.

    The file itself is not accessed: a config may be read on a machine without it.

    Raises:
        LeapError: the source is not one of `SOURCES` and does not end in one of `SUFFIXES`.

    Example:
        >>> check_source("orthogonal"), check_source("vectors/glove.npy")
        (None, None)
    """
    if source not in SOURCES and Path(source).suffix not in SUFFIXES:
        raise LeapError(
            f"unknown source of label embeddings {source!r}; known are {', '.join(SOURCES)}, and the path of "
            "a .npy or .pt file"
        )


def random_orthogonal(classes: int, width: int = ORTHOGONAL_WIDTH, seed: int = 0) -> Tensor:
    """Make label embeddings without semantics: random orthogonal rows of mean square 1.

    Args:
        classes: number of classes, C.
        width: width, L; increased to C if it is smaller.
        seed: seed of the directions.

    Returns:
        Label embeddings, (C, L).
    """
    generator = torch.Generator().manual_seed(seed)
    gaussian = torch.randn(max(classes, width), classes, generator=generator, dtype=torch.float64)
    directions, _ = torch.linalg.qr(gaussian)  # (L, C), orthonormal columns
    return (directions.T * sqrt(len(gaussian))).float()


def label_embeddings(
    source: str, classes: Sequence[str], packed: Callable[[], Tensor] | None = None
) -> Tensor:
    """Make or read the label embeddings of a source.

    Args:
        source: one of `SOURCES`, or the path of a file; ``"learned"`` gives the initial values.
        classes: names of the C classes, in label order.
        packed: function that reads the label embeddings packed with the data; needed for ``"dataset"``.

    Returns:
        Label embeddings, (C, L).

    Raises:
        LeapError: the source is unknown, the data set has no label embeddings, a class has none that ships
            with the package, or the file is missing or does not fit.
    """
    check_source(source)
    if source in (ORTHOGONAL, LEARNED):
        return random_orthogonal(len(classes))
    if source == ALIKE:
        shared, *single = random_orthogonal(len(classes) + 1)
        return shared + SPREAD * torch.stack(single)
    if source == NGRAMS:
        return ngram_embeddings(classes)
    if source in SHIPPED:
        return shipped_embeddings(source, classes)
    if source == PACKED:
        if packed is None:
            raise LeapError("label embeddings 'dataset' need a data set; name a file or another source")
        return packed()
    return read_label_embeddings(source, len(classes), classes)


def source_checksum(source: str) -> str:
    """SHA-256 of a file of label embeddings; empty for the named sources.

    Raises:
        LeapError: the source is unknown, or the file cannot be read.
    """
    check_source(source)
    if source in SOURCES:
        return ""
    try:
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    except OSError as error:
        raise LeapError(
            f"{source}: cannot be read ({reason(error)}); give a .npy or .pt of label embeddings, or one of "
            f"{', '.join(SOURCES)}"
        ) from None
