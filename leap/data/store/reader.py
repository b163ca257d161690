"""Feature store: one HDF5 file a data set, checked when opened and read split by split."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter

from leap.data.store.layout import (
    ARRAYS,
    DENSE,
    FEATURES,
    FORMAT,
    IN_EVERY_SPLIT_OR_NONE,
    INPUTS,
    LABEL_EMBEDDING,
    LABELS,
    NAME,
    ROWS,
    SPLITS,
    TRUE,
    VERSION,
    Checksum,
    content_checksum,
    text,
)
from leap.data.videos import Videos
from leap.errors import LeapError

ADVICE = "make or download the data set again"
EXPANSION = 1032
"""How many times larger than itself deflated data can become."""


@dataclass(frozen=True)
class Header:
    """The header of a store: data set, classes in label order, and how the data were made."""

    dataset: str
    classes: tuple[str, ...]
    provenance: dict[str, Any]


_HEADER = TypeAdapter(Header)


class FeatureStore:
    """A data set on disk, open for reading; arrays are read when asked for.

    Use it as a context manager, or `close` it.

    Attributes:
        path: the file.
        dataset: name of the data set.
        classes: C class names in label order.
        provenance: how the data were made.
        checksum: SHA-256 of data set name, class names and all arrays; the same for the same content however
            the file is compressed or laid out.
        splits: number of videos of each split.
        segments: T.
        widths: width of each kind of features, such as ``{"audio": 128, "visual_2d": 128}``.

    Raises:
        LeapError: there is no such file, or it is not a sound feature store.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = h5py.File(self.path, "r")
        except FileNotFoundError as error:
            raise LeapError(f"{path}: no such file") from error
        except OSError as error:
            raise LeapError(
                f"{path}: cannot be read as HDF5 (damaged, or another format); {ADVICE}"
            ) from error
        try:
            self._read_header()
        except LeapError:
            self.close()
            raise
        except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
            self.close()
            raise self._error("the structure of the file is damaged") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def ids(self, split: str) -> tuple[str, ...]:
        """Names of the videos of a split, in order."""
        names = np.concatenate([*self._blocks(self._group(split)["ids"], "ids")])
        try:
            return tuple(name.decode() for name in names)
        except UnicodeDecodeError as error:
            raise self._error(f"{split}/ids holds names that are not in UTF-8") from error

    def videos(self, split: str, inputs: tuple[str, str] = INPUTS) -> Videos:
        """Read what training and scoring need of a split.

        Args:
            split: train, val or test.
            inputs: the features to take for ``audio`` and ``visual_2d``.

        Raises:
            LeapError: there is no such split or feature, its content does not have its checksum, or it holds
                features that are not finite or labels other than 0 and 1.
        """
        group, sources = self._group(split), self._sources(inputs)
        sources |= {name: name for name in LABELS if name in group}
        largest_first = sorted(sources, key=lambda name: -group[sources[name]].size)
        with ThreadPoolExecutor(2) as pool:  # checksums and conversions run side by side
            tensors = pool.map(lambda name: self._tensor(split, sources[name]), largest_first)
            return Videos(**dict(zip(largest_first, tensors, strict=True)))

    def input_widths(self, inputs: tuple[str, str] = INPUTS) -> dict[str, int]:
        """Widths of what a parser reads, when it takes these features for ``audio`` and ``visual_2d``.

        Raises:
            LeapError: the data set lacks one of them.
        """
        return {name: self.widths[source] for name, source in self._sources(inputs).items()}

    def features(self, split: str, name: str) -> torch.Tensor:
        """Read one kind of features of a split, such as ``"clip"``, (N, T, ·) in float32.

        Raises:
            LeapError: the data set has none of that name, or they are damaged.
        """
        if name not in self.widths:
            raise LeapError(f"{self.path}: no features {name!r}; it has {', '.join(self.widths)}")
        return self._tensor(split, name)

    def label_embedding(self) -> torch.Tensor:
        """Read the label embeddings that belong to the data, (C, L).

        Raises:
            LeapError: the data set has none.
        """
        if LABEL_EMBEDDING not in self._file:
            raise LeapError(f"{self.path}: holds no label embeddings; name a file or another source of them")
        return self._tensor("", LABEL_EMBEDDING)

    def verify(self) -> None:
        """Read everything once, in constant memory.

        Raises:
            LeapError: something is damaged.
        """
        for split in SPLITS:
            self.ids(split)
            for name in [name for name in ARRAYS if name in self._file[split]]:
                for _ in self._blocks(self._file[split][name], name):
                    pass
        if LABEL_EMBEDDING in self._file:
            self.label_embedding()

    def _sources(self, inputs: tuple[str, str]) -> dict[str, str]:
        """What a parser reads → where it is stored."""
        sources = dict(zip(INPUTS, inputs, strict=True))
        missing = [source for source in inputs if source not in self.widths]
        if missing:
            raise LeapError(f"{self.path}: no features {missing[0]!r}; it has {', '.join(self.widths)}")
        return sources | ({"visual_3d": "visual_3d"} if "visual_3d" in self.widths else {})

    def _group(self, split: str) -> h5py.Group:
        if split not in self.splits:
            raise LeapError(f"{self.path}: no split '{split}'; it has {', '.join(self.splits)}")
        return self._file[split]

    def _tensor(self, split: str, name: str) -> torch.Tensor:
        """An array in float32; PyTorch widens half precision several times faster than NumPy."""
        dataset = (self._group(split) if split else self._file)[name]
        tensor, row = torch.empty(dataset.shape), 0
        for block in self._blocks(dataset, name):
            half = block.dtype == np.float16
            tensor[row : row + len(block)] = torch.from_numpy(block if half else block.astype(np.float32))
            row += len(block)
        return tensor

    def _blocks(self, dataset: h5py.Dataset, name: str) -> Iterator[NDArray[Any]]:
        """The rows of an array, block by block; a wrong checksum raises after the last."""
        checksum = Checksum()
        for start in range(0, len(dataset), ROWS):
            try:
                block = dataset[start : start + ROWS]
            except (OSError, RuntimeError) as error:
                raise self._error(f"{dataset.name[1:]} cannot be read") from error
            checksum.add(block)
            if name in FEATURES and not _finite(block):
                kind = "float32" if block.dtype.itemsize > 4 else block.dtype
                raise self._error(f"{dataset.name[1:]} holds values that are not finite in {kind}")
            if name in LABELS and not np.isin(block, (0, 1)).all():
                raise self._error(f"{dataset.name[1:]} holds labels other than 0 and 1")
            yield block
        if checksum.value() != dataset.attrs["sha256"]:
            raise self._error(f"{dataset.name[1:]} does not have its checksum")

    def _read_header(self) -> None:
        attributes = self._file.attrs
        if attributes.get("format") != text(FORMAT):
            raise LeapError(f"{self.path}: an HDF5 file, but not a feature store; {ADVICE}")
        if attributes.get("version") != VERSION:
            raise self._error(f"format version {attributes.get('version')}, this package reads {VERSION}")
        header = _HEADER.validate_json(attributes["header"])
        self.dataset, self.classes, self.provenance = header.dataset, header.classes, header.provenance
        if not NAME.fullmatch(self.dataset):
            raise self._error(f"{self.dataset!r:.50} is not a name of a data set")
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise self._error("needs names of classes, none of them twice")
        self.checksum: str = attributes["checksum"].decode()
        self._check_links()
        self._check_arrays()
        if content_checksum(self._file, self.dataset, self.classes).decode() != self.checksum:
            raise self._error("the arrays do not have the checksum of the data set")

    def _check_arrays(self) -> None:
        for split in SPLITS:
            if not isinstance(self._file.get(split), h5py.Group):
                raise self._error(f"split '{split}' is missing")
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
        """An array, where there is one, lies in this file itself and has a checksum."""
        array, path = group.get(name), f"{group.name}/{name}".strip("/")
        if array is None and (name in IN_EVERY_SPLIT_OR_NONE or name in TRUE):
            return
        if not isinstance(array, h5py.Dataset) or array.shape is None or not array.shape:
            raise self._error(f"{path} is missing")
        if array.external or array.is_virtual:
            raise self._error(f"{path} keeps its values in another file, which is refused")
        if _declared(array) > _possible(array, self.path.stat().st_size):
            raise self._error(f"{path} is larger than what the file can hold")
        if "sha256" not in array.attrs:
            raise self._error(f"{path} has no checksum")

    def _check_links(self) -> None:
        """Refuse links before one is followed, as they could open any file."""

        def elsewhere(name: bytes, link: Any) -> bytes | None:
            return None if link.type == h5py.h5l.TYPE_HARD else name

        found = self._file.id.links.visit(elsewhere, info=True)
        if found is not None:
            raise self._error(f"{found.decode()} is a link to another place, which is refused")

    def _check_presence(self, split: str) -> None:
        group = self._file[split]
        for name in IN_EVERY_SPLIT_OR_NONE:
            if (name in group) != (name in self.widths):
                raise self._error(f"{split}/{name} is not in every split")
        for name in TRUE:
            if name not in group and (split != "train" or set(TRUE) & set(group)):
                raise self._error(f"{split}/{name} is missing")

    def _check_shapes(self, split: str) -> None:
        group, n, c = self._file[split], self.splits[split], len(self.classes)
        if n == 0 or self.segments == 0:
            raise self._error(f"split '{split}' holds no videos or no segments")
        shapes: dict[str, tuple[int, ...]] = {"ids": (n,), "weak": (n, c)}
        shapes |= {name: (n, self.segments, c) for name in DENSE}
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
            raise self._error(f"{array.name[1:]} is {found}, but the others ask for {shape}")

    def _error(self, what: str) -> LeapError:
        return LeapError(f"{self.path}: {what}; {ADVICE}")


def _declared(array: h5py.Dataset) -> int:
    """Bytes that an array, or one chunk of it, asks for."""
    return array.dtype.itemsize * max(prod(array.shape), prod(array.chunks or ()))


def _possible(array: h5py.Dataset, size: int) -> int:
    """Bytes that an array can have, as much of a file of some size as it takes."""
    stored = min(array.id.get_storage_size(), size)
    return stored * EXPANSION if array.id.get_create_plist().get_nfilters() else stored


def _finite(block: NDArray[Any]) -> bool:
    if block.dtype == np.float16:  # exponents of ones only are looked for ten times faster
        return not ((block.view(np.uint16) & 0x7C00) == 0x7C00).any()
    with np.errstate(over="ignore"):
        return bool(np.isfinite(block.astype(np.float32, copy=False)).all())


def _kind(name: str) -> str:
    return {"ids": "S"}.get(name, "f" if name in FEATURES else "u")
