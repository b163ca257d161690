"""Label embeddings with semantics that ship with the package: a few vectors, for the classes it knows best.

``vectors.safetensors`` holds one vector per source and class of AV-Digits and AV-Everyday, as
`leap.label_embeddings.embed` made them: the mean GloVe vector of the words of the name (GloVe 6B, 100-d,
PDDL), and the embedding of the name, or of its sentence in ``descriptions.json``, by the sentence encoder
all-MiniLM-L6-v2 (384-d, Apache-2.0).
"""

from collections.abc import Sequence
from functools import cache
from math import sqrt
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from leap.errors import LeapError

VECTORS = Path(__file__).with_name("vectors.safetensors")

GLOVE = "glove"
"""Word vectors of the class names."""

MINILM = "minilm"
"""Sentence embeddings of the class names."""

DESCRIPTIONS = "descriptions"
"""Sentence embeddings of how each class sounds and looks."""

SHIPPED = (GLOVE, MINILM, DESCRIPTIONS)


def shipped_embeddings(source: str, classes: Sequence[str]) -> Tensor:
    """Read the shipped label embeddings of classes, scaled to rows of mean square 1.

    Args:
        source: one of `SHIPPED`.
        classes: names of the C classes, in label order.

    Returns:
        Label embeddings, (C, L).

    Raises:
        LeapError: a class is not among those of AV-Digits and AV-Everyday.
    """
    vectors = _vectors()
    unknown = [name for name in classes if f"{source}/{name}" not in vectors]
    if unknown:
        raise LeapError(
            f"label embeddings {source!r}: no vector of the class {unknown[0]!r} ships with the package; "
            "make a file with `leap data embed-labels`"
        )
    rows = torch.stack([vectors[f"{source}/{name}"] for name in classes])  # (C, L)
    return torch.nn.functional.normalize(rows) * sqrt(rows.shape[1])


@cache
def _vectors() -> dict[str, Tensor]:
    return load_file(VECTORS)
