"""Check the structure of a feature store before any of its arrays is read."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import h5py
from pydantic import TypeAdapter

from leap.data.store.layout import (
    ARRAYS,
    DENSE,
    FEATURES,
    FORMAT,
    IN_EVERY_SPLIT_OR_NONE,
    LABEL_EMBEDDING,
    NAME,
    REALS,
    SCORES,
    SPLITS,
    TRUE,
    VERSION,
    content_checksum,
    text,
)
from leap.errors import LeapError
from leap.io.reason import os_reason

ADVICE = "make or download the data set again"
EXPANSION = 1032
"""Largest ratio of decompressed to compressed size that deflate can reach."""


@dataclass(frozen=True)
class Header:
    """The header of a store: name of the data set, classes in label order, and origin of the data."""

    dataset: str
    classes: tuple[str, ...]
    provenance: dict[str, Any]


_HEADER = TypeAdapter(Header)


def damaged(path: Path, what: str) -> LeapError:
    """Make the error for a damaged store."""
    return LeapError(f"{path}: {what}; {ADVICE}")


def unreadable(path: Path, error: Exception, what: str) -> LeapError:
    """Make the error for a store that the system refused to read; ``what`` is damaged if it did not."""
    refused = os_reason(error)
    return LeapError(f"{path}: {refused}") if refused else damaged(path, what)


class Structure:
    """The structure of an open store: header, splits and widths, checked against the arrays.

    Args:
        file: the open store.
        path: its path, for sizes and error messages.

    Attributes:
        dataset: name of the data set.
        classes: names of the C classes, in label order.
        provenance: origin of the data.
        checksum: SHA-256 over the data set's name, the class names and the stored checksums of all arrays.
        splits: split → number of videos N.
        segments: segments per video, T.
        widths: kind of features → width.

    Raises:
        LeapError: the file is not a feature store, an array is missing or of another shape, or something
            refers to another file.
    """

    def __init__(self, file: h5py.File, path: Path) -> None:
        self._file, self._path = file, path
        try:
            self._read_header()
            self._check_links()
            self._check_arrays()
            checksum = content_checksum(file, self.dataset, self.classes)
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise unreadable(path, error, "the structure of the file is damaged") from error
        if checksum.decode() != self.checksum:
            raise damaged(path, "the arrays do not match the checksum of the data set")

    def _read_header(self) -> None:
        attributes = self._file.attrs
        if attributes.get("format") != text(FORMAT):
            raise LeapError(f"{self._path}: an HDF5 file, but not a feature store; {ADVICE}")
        if attributes.get("version") != VERSION:
            raise damaged(
                self._path, f"format version {attributes.get('version')}, this package reads {VERSION}"
            )
        header = _HEADER.validate_json(attributes["header"])
        self.dataset, self.classes, self.provenance = header.dataset, header.classes, header.provenance
        if not NAME.fullmatch(self.dataset):
            raise damaged(self._path, f"{self.dataset!r:.50} cannot name a data set")
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise damaged(self._path, "it needs class names, each only once")
        self.checksum: str = attributes["checksum"].decode()

    def _check_arrays(self) -> None:
        for split in SPLITS:
            if not isinstance(_member(self._file, split), h5py.Group):
                raise damaged(self._path, f"split '{split}' is missing")
            for name in ARRAYS:
                self._check_array(self._file[split], name)
        if LABEL_EMBEDDING in self._file:
            self._check_array(self._file, LABEL_EMBEDDING)
        train = self._file["train"]
        self.segments = int(train["audio"].shape[1]) if train["audio"].ndim == 3 else 0
        self.widths = {name: int(train[name].shape[-1]) for name in FEATURES if name in train}
        self.splits = {split: len(self._file[split]["ids"]) for split in SPLITS}
        for split in SPLITS:
            self._check_presence(split)
            self._check_shapes(split)

    def _check_array(self, group: h5py.Group, name: str) -> None:
        """Check that an array exists if it is required, is stored in this file, and has a checksum."""
        array, path = _member(group, name), f"{group.name}/{name}".strip("/")
        if array is None and (name in IN_EVERY_SPLIT_OR_NONE or name in TRUE):
            return
        if not isinstance(array, h5py.Dataset) or array.shape is None or not array.shape:
            raise damaged(self._path, f"{path} is missing")
        if array.external or array.is_virtual:
            raise damaged(self._path, f"{path} keeps its values in another file, which is not allowed")
        if _declared(array) > _possible(array, self._path.stat().st_size):
            raise damaged(self._path, f"{path} is larger than what the file can hold")
        if "sha256" not in array.attrs:
            raise damaged(self._path, f"{path} has no checksum")

    def _check_links(self) -> None:
        """Refuse links before any of them is followed, because a link could open any file."""

        def elsewhere(name: bytes, link: Any) -> bytes | None:
            return None if link.type == h5py.h5l.TYPE_HARD else name

        found = self._file.id.links.visit(elsewhere, info=True)
        if found is not None:
            raise damaged(self._path, f"{found.decode()} is a link to another place, which is not allowed")

    def _check_presence(self, split: str) -> None:
        group = self._file[split]
        for name in IN_EVERY_SPLIT_OR_NONE:
            if (name in group) != (name in self._file["train"]):
                raise damaged(self._path, f"{split}/{name} is not in every split")
        for name in TRUE:
            if name not in group and (split != "train" or set(TRUE) & set(group)):
                raise damaged(self._path, f"{split}/{name} is missing")

    def _check_shapes(self, split: str) -> None:
        group, n, c = self._file[split], self.splits[split], len(self.classes)
        if n == 0 or self.segments == 0:
            raise damaged(self._path, f"split '{split}' holds no videos or no segments")
        shapes: dict[str, tuple[int, ...]] = {"ids": (n,), "weak": (n, c)}
        shapes |= {name: (n, self.segments, c) for name in (*DENSE, *SCORES)}
        shapes |= {name: (n, self.segments, width) for name, width in self.widths.items()}
        frames = self._file["train/visual_2d"].shape[1:2]  # T, or a multiple where frames are kept
        if frames and frames[0] and frames[0] % self.segments == 0:
            shapes["visual_2d"] = (n, *frames, self.widths["visual_2d"])
        for name in [name for name in ARRAYS if name in group]:
            self._check_shape(group[name], shapes[name], _kind(name))
        if LABEL_EMBEDDING in self._file:
            array = self._file[LABEL_EMBEDDING]
            self._check_shape(array, (c, *array.shape[1:2]), "f")

    def _check_shape(self, array: h5py.Dataset, shape: tuple[int, ...], kind: str) -> None:
        if array.shape != shape or array.dtype.kind != kind:
            found = f"{array.shape} {array.dtype}"
            raise damaged(self._path, f"{array.name[1:]} is {found}, but the other arrays require {shape}")


def _member(group: h5py.Group, name: str) -> Any:
    """A member of a group, or None; h5py's ``get`` returns None also if the file cannot be read."""
    if name not in group:
        return None
    return group[name]


def _declared(array: h5py.Dataset) -> int:
    """Bytes that an array, or one chunk of it if that is larger, takes in memory."""
    return array.dtype.itemsize * max(prod(array.shape), prod(array.chunks or ()))


def _possible(array: h5py.Dataset, size: int) -> int:
    """Largest number of bytes that the stored part of an array in a file of ``size`` bytes can decode to."""
    stored = min(array.id.get_storage_size(), size)
    return stored * EXPANSION if array.id.get_create_plist().get_nfilters() else stored


def _kind(name: str) -> str:
    return {"ids": "S"}.get(name, "f" if name in REALS else "u")
