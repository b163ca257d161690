"""Embed texts by their character n-grams: a control for spelling without meaning."""

import hashlib
from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from leap.label_embeddings.words import words

WIDTH = 256
LENGTHS = (3, 4, 5)


def ngram_embeddings(texts: Sequence[str]) -> Tensor:
    """Embed texts by signed hashing of their character n-grams.

    The n-grams have three to five characters and are taken from each word between two boundary marks. Texts
    that share parts of words get similar embeddings; equal texts get equal embeddings on every machine.

    Args:
        texts: the n texts.

    Returns:
        Embeddings, (n, 256), whose rows have mean square 1.
    """
    rows = torch.zeros(len(texts), WIDTH)
    for row, text in zip(rows, texts, strict=True):
        for gram in _ngrams(text):
            hashed = int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=8).digest())
            row[hashed % WIDTH] += 1 if hashed // WIDTH % 2 else -1
    return torch.nn.functional.normalize(rows) * sqrt(WIDTH)


def _ngrams(text: str) -> list[str]:
    marked = [f"<{word}>" for word in words(text)]
    return [word[i : i + n] for word in marked for n in LENGTHS for i in range(max(len(word) - n + 1, 1))]
