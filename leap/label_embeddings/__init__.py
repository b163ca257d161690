"""Label embeddings, the vectors with which LEAP queries segments: word vectors, encoders, controls."""

from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.sources import (
    LEARNED,
    PACKED,
    check_source,
    label_embeddings,
    random_orthogonal,
    source_checksum,
)

__all__ = [
    "LEARNED",
    "PACKED",
    "check_source",
    "label_embeddings",
    "random_orthogonal",
    "read_label_embeddings",
    "source_checksum",
]
