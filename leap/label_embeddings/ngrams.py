"""Label embeddings from the letters of a text: a control that has its spelling but not its meaning."""

import hashlib
from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from leap.label_embeddings.words import words

WIDTH = 256
LENGTHS = (3, 4, 5)


def ngram_embeddings(texts: Sequence[str]) -> Tensor:
    """Signed hashes of the texts' character n-grams, rows of unit variance, (n, 256).

    The n-grams are of three to five letters, of each word between two marks: texts that share parts of words
    get similar embeddings. The same text gets the same one everywhere.
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
