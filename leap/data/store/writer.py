"""Write a feature store, whole arrays or block by block."""

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
    FEATURES,
    FORMAT,
    LABEL_EMBEDDING,
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

UNSTORABLE = re.compile("[\ud800-\udfff]|\0\\Z")
"""Halves of characters, and a zero at the end, which HDF5 cuts off."""


@dataclass(frozen=True)
class Blocks:
    """An array too large for memory, as blocks of its rows.

    Attributes:
        shape: of the whole array, (N, …).
        blocks: its rows in order, each block (n, …); gone through once.
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
    """Write a data set to one HDF5 file, whole or not at all.

    Args:
        path: the file to write.
        dataset: name of the data set.
        classes: C class names in label order.
        provenance: how the data were made; anything that JSON can hold.
        splits: for ``train``, ``val`` and ``test`` the arrays ``ids`` (N), ``audio`` (N, T, A), ``visual_2d``
            (N, T, V) or frames (N, T·k, V), ``weak`` (N, C), the dense labels ``pseudo_audio`` and
            ``pseudo_visual`` (N, T, C), in val and test and perhaps in train ``true_audio`` and
            ``true_visual``, and optionally ``visual_3d``, ``clip`` and ``clap`` (N, T, ·). An array may be
            `Blocks`. Labels are kept in uint8.
        label_embedding: label embeddings that belong to the data, (C, L).
        dtype: of the features, ``"float16"`` or ``"float32"``.
        compress: whether to compress, which is slow for large data.

    Raises:
        LeapError: what would be written is not a sound store.
    """
    packing = {"compression": "gzip", "compression_opts": 9, "shuffle": True} if compress else {}
    with atomic_path(path) as temporary:
        # this version of the format has checksums of its own structure
        with HDF5File(temporary, "w+") as target, h5py.File(target, "w", libver="v110") as file:
            for split, arrays in splits.items():
                group = file.create_group(split)
                for name, values in arrays.items():
                    _write_array(group, name, values, dtype if name in FEATURES else "uint8", packing)
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
    """Names of videos as they are stored.

    Raises:
        LeapError: one cannot be stored as it is.
    """
    odd = [value for value in values if UNSTORABLE.search(value)]
    if odd:
        raise LeapError(f"{odd[0]!r} cannot be stored as the name of a video; rename it")
    return np.array([value.encode() for value in values], dtype="S")


def _copy(blocks: Iterable[NDArray[Any]], dataset: h5py.Dataset) -> np.bytes_:
    """Write the blocks; returns the checksum of what is stored."""
    checksum, row = Checksum(), 0
    for block in blocks:
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused as not finite
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
