"""Layout of a feature store: names of its arrays, and checksums of their content.

The HDF5 file has one group per split. A group holds the arrays named below, each with the attribute
``sha256`` of its values. ``label_embedding`` (C, L) may lie beside the groups. The attributes of the file
are ``format``, ``version``, ``header`` (JSON with data set, classes and provenance) and ``checksum``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
"""Pattern of the names of data sets, which become parts of file names and captions."""

FORMAT = "leap-features"
VERSION = 1
SPLITS = ("train", "val", "test")
INPUTS = ("audio", "visual_2d")
"""Inputs of every parser; other kinds of features may take their place."""

FEATURES = (*INPUTS, "visual_3d", "clip", "clap")
TRUE = ("true_audio", "true_visual")
DENSE = ("pseudo_audio", "pseudo_visual", *TRUE)
LABELS = ("weak", *DENSE)
SCORES = ("teacher_audio", "teacher_visual")
"""Logits of the networks that made the pseudo-labels."""

REALS = (*FEATURES, *SCORES)
ARRAYS = ("ids", *REALS, *LABELS)
IN_EVERY_SPLIT_OR_NONE = ("visual_3d", "clip", "clap", *SCORES)
LABEL_EMBEDDING = "label_embedding"
ROWS = 64
"""Videos per chunk of the file, and per block that is read or written at once."""


def text(value: str) -> np.bytes_:
    """Encode text as a string of fixed length; HDF5 may crash on a damaged string of variable length."""
    return np.bytes_(value)


class Checksum:
    """SHA-256 of an array that is given block by block; independent of the byte order in memory."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, rows: NDArray[Any]) -> None:
        """Add the next rows."""
        self._digest.update(np.ascontiguousarray(rows, dtype=rows.dtype.newbyteorder("<")).tobytes())

    def value(self) -> np.bytes_:
        """Checksum of all rows so far, in hexadecimal."""
        return text(self._digest.hexdigest())


def content_checksum(file: h5py.File, dataset: str, classes: Sequence[str]) -> np.bytes_:
    """SHA-256 over the data set's name, its classes, and the types, shapes and checksums of all arrays."""
    lines = [json.dumps([dataset, *classes])]
    paths = [f"{split}/{name}" for split in sorted(SPLITS) for name in sorted(ARRAYS)]
    for path in [*paths, LABEL_EMBEDDING]:
        if path in file:
            array = file[path]
            lines.append(f"{path} {array.dtype.str[1:]} {list(array.shape)} {array.attrs['sha256'].decode()}")
    return text(hashlib.sha256("\n".join(lines).encode()).hexdigest())
