"""From label text to label embeddings."""

from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.sources import (
    LEARNED,
    PACKED,
    label_embeddings,
    random_orthogonal,
    source_checksum,
)

__all__ = [
    "LEARNED",
    "PACKED",
    "label_embeddings",
    "random_orthogonal",
    "read_label_embeddings",
    "source_checksum",
]
