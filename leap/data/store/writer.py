"""Write a feature store from whole arrays or block by block."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from leap.data.store.layout import (
    FORMAT,
    LABEL_EMBEDDING,
    REALS,
    ROWS,
    VERSION,
    Checksum,
    content_checksum,
    text,
)
from leap.data.store.reader import FeatureStore
from leap.errors import LeapError
from leap.io.atomic import atomic_path
from leap.io.hdf5_file import HDF5File
from leap.io.progress import with_progress

UNSTORABLE = re.compile("[\ud800-\udfff]|\0\\Z")
"""Surrogates, which UTF-8 cannot encode, and a NUL at the end, which HDF5 drops."""


@dataclass(frozen=True)
class Blocks:
    """An array that is too large for memory, as consecutive blocks of its rows.

    Attributes:
        shape: shape of the whole array, (N, …).
        blocks: blocks of its rows in order, each (n, …); iterated once.
    """

    shape: tuple[int, ...]
    blocks: Iterable[NDArray[Any]]


Arrays = Mapping[str, Sequence[str] | NDArray[Any] | Blocks]


def write_store(
    path: str | Path,
    *,
    dataset: str,
    classes: Sequence[str],
    provenance: Mapping[str, Any],
    splits: Mapping[str, Arrays],
    label_embedding: NDArray[Any] | None = None,
    dtype: str = "float16",
    compress: bool = True,
) -> None:
    """Write a data set to one HDF5 file, atomically, and verify it.

    Args:
        path: the file to write.
        dataset: name of the data set.
        classes: names of the C classes, in label order.
        provenance: origin of the data; any values that JSON can hold.
        splits: the arrays of ``train``, ``val`` and ``test``. Features are ``audio`` (N, T, A), ``visual_2d``
            (N, T, V) or, for frames, (N, T·k, V), and optionally ``visual_3d``, ``clip`` and ``clap``
            (N, T, ·). Labels are ``weak`` (N, C), ``pseudo_audio`` and ``pseudo_visual`` (N, T, C), and
            ``true_audio`` and ``true_visual`` (N, T, C), which are optional in train; labels are stored as
            uint8. ``teacher_audio`` and ``teacher_visual`` (N, T, C), the logits from which pseudo-labels
            were made, are optional. ``ids`` (N) are the names of the videos. An array may be given as
            `Blocks`.
        label_embedding: label embeddings that belong to the data, (C, L).
        dtype: type of the stored features, ``"float16"`` or ``"float32"``.
        compress: whether to compress the arrays; compression is slow for large data.

    Raises:
        LeapError: the arrays do not make a valid store; nothing is written.
        OSError: the file cannot be written, for example because the disk is full.
    """
    packing = {"compression": "gzip", "compression_opts": 9, "shuffle": True} if compress else {}
    with atomic_path(path) as temporary:
        # the format of HDF5 1.10 has checksums of its metadata
        with HDF5File(temporary, "w+") as target, h5py.File(target, "w", libver="v110") as file:
            for split, arrays in splits.items():
                group = file.create_group(split)
                for name, values in arrays.items():
                    _write_array(group, name, values, dtype if name in REALS else "uint8", packing)
                    file.flush()
                    target.check()
            if label_embedding is not None:
                _write_array(file, LABEL_EMBEDDING, label_embedding, "float32", packing)
            header = {"dataset": dataset, "classes": list(classes), "provenance": provenance}
            file.attrs.update(format=text(FORMAT), version=VERSION, header=text(json.dumps(header)))
            file.attrs["checksum"] = content_checksum(file, dataset, classes)
            file.flush()
            target.check()
        with FeatureStore(temporary) as store:
            store.verify()


def _write_array(
    group: h5py.Group, name: str, values: Sequence[str] | NDArray[Any] | Blocks, dtype: str, packing: dict
) -> None:
    if name == "ids":
        values = _names(values)  # type: ignore[arg-type]
        dtype = values.dtype.str
    if not isinstance(values, Blocks):
        array = np.asarray(values)
        values = Blocks(array.shape, (array[start : start + ROWS] for start in range(0, len(array), ROWS)))
    empty = 0 in values.shape
    chunks = None if empty else (min(values.shape[0], ROWS), *values.shape[1:])
    dataset = group.create_dataset(
        name, values.shape, dtype, chunks=chunks, track_times=False, **({} if empty else packing)
    )
    dataset.attrs["sha256"] = _copy(values.blocks, dataset)


def _names(values: Sequence[str]) -> NDArray[np.bytes_]:
    """Encode the names of videos.

    Raises:
        LeapError: a name cannot be stored unchanged.
    """
    odd = [value for value in values if UNSTORABLE.search(value)]
    if odd:
        raise LeapError(f"{odd[0]!r} cannot be stored as the name of a video; rename it in UTF-8")
    return np.array([value.encode() for value in values], dtype="S")


def _copy(blocks: Iterable[NDArray[Any]], dataset: h5py.Dataset) -> np.bytes_:
    """Write the blocks and return the checksum of the stored values.

    Raises:
        LeapError: a block holds labels other than 0 and 1, or the blocks do not fit the shape.
    """
    checksum, row = Checksum(), 0
    for block in with_progress(blocks, f"write {dataset.name[1:]}", -(-len(dataset) // ROWS), "block"):
        with np.errstate(over="ignore", invalid="ignore"):  # overflow is refused later, as not finite
            stored = np.ascontiguousarray(block, dtype=dataset.dtype)
        if dataset.dtype == np.uint8 and not np.array_equal(stored, block):
            raise LeapError(f"{dataset.name[1:]}: labels other than 0 and 1 were given")
        if row + len(stored) > len(dataset) or stored.shape[1:] != dataset.shape[1:]:
            raise LeapError(f"{dataset.name}: a block of shape {stored.shape} does not fit {dataset.shape}")
        dataset[row : row + len(stored)] = stored
        checksum.add(stored)
        row += len(stored)
    if row != len(dataset):
        raise LeapError(f"{dataset.name}: {row} rows were given, not {len(dataset)}")
    return checksum.value()
