"""Read a feature store: one HDF5 file per data set, checked when it is opened and when arrays are read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.names import first_repeat
from leap.data.store.layout import (
    ARRAYS,
    INPUTS,
    LABEL_EMBEDDING,
    LABELS,
    REALS,
    ROWS,
    SCORES,
    SPLITS,
    Checksum,
)
from leap.data.store.structure import Structure, damaged, unreadable
from leap.data.videos import Videos
from leap.errors import LeapError
from leap.io.progress import with_progress


class FeatureStore:
    """A data set on disk, open for reading; arrays are read on request.

    Use it as a context manager, or call `close`.

    Attributes:
        path: the file.
        dataset: name of the data set.
        classes: names of the C classes, in label order.
        provenance: origin of the data.
        checksum: SHA-256 over the data set's name, class names and all arrays. It depends on the content
            only, not on compression or file layout.
        splits: split → number of videos N.
        segments: segments per video, T.
        widths: kind of features → width, such as ``{"audio": 128, "visual_2d": 2048}``.

    Raises:
        LeapError: the file cannot be opened (missing, not permitted, locked) or is not a valid feature store.

    Example:
        >>> from leap.data.registry import dataset_path
        >>> with FeatureStore(dataset_path("av-digits")) as store:
        ...     store.videos("val").audio.shape
        torch.Size([400, 10, 128])
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = _open(self.path)
        try:
            structure = Structure(self._file, self.path)
        except LeapError:
            self.close()
            raise
        self.dataset, self.classes = structure.dataset, structure.classes
        self.provenance, self.checksum = structure.provenance, structure.checksum
        self.splits, self.segments, self.widths = structure.splits, structure.segments, structure.widths

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
        """Read the names of the videos of a split, in order.

        Raises:
            LeapError: the split is unknown, or the names are damaged or repeated.
        """
        names = np.concatenate([*self._blocks(self._group(split)["ids"], "ids")])
        try:
            ids = tuple(name.decode() for name in names)
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"{split}/ids holds names that are not in UTF-8") from error
        repeat = first_repeat(ids)
        if repeat:
            raise damaged(
                self.path, f"{split}/ids names {ids[repeat[0]]!r} in rows {repeat[0]} and {repeat[1]}"
            )
        return ids

    def videos(self, split: str, inputs: tuple[str, str] = INPUTS) -> Videos:
        """Read the features and labels of a split that training and scoring need.

        Args:
            split: ``"train"``, ``"val"`` or ``"test"``.
            inputs: kinds of features to use as ``audio`` and ``visual_2d``.

        Raises:
            LeapError: the split or a kind of features is unknown, an array does not match its checksum,
                features are not finite, or labels are not 0 or 1.
        """
        group, sources = self._group(split), self._arrays(split, inputs)
        largest_first = sorted(sources, key=lambda name: -group[sources[name]].size)
        with ThreadPoolExecutor(2) as pool:  # computes checksums of two arrays concurrently
            tensors = pool.map(lambda name: self._tensor(split, sources[name]), largest_first)
            return Videos(**dict(zip(largest_first, tensors, strict=True)))

    def video(self, split: str, index: int, inputs: tuple[str, str] = INPUTS) -> Videos:
        """Read one video without reading the whole split.

        Values are checked as in `videos`; checksums are not, because they cover whole arrays.

        Args:
            split: ``"train"``, ``"val"`` or ``"test"``.
            index: position of the video in ``ids(split)``, from 0.
            inputs: kinds of features to use as ``audio`` and ``visual_2d``.

        Returns:
            Videos with N = 1.

        Raises:
            LeapError: the split, the video or a kind of features is unknown, features are not finite, or
                labels are not 0 or 1.
        """
        group, sources = self._group(split), self._arrays(split, inputs)
        if not 0 <= index < self.splits[split]:
            raise LeapError(f"{self.path}: no video {index}; {split} has {self.splits[split]}, from 0")
        rows = slice(index, index + 1)
        blocks = {name: self._block(group[source], source, rows) for name, source in sources.items()}
        return Videos(**{name: torch.from_numpy(block).float() for name, block in blocks.items()})

    def input_widths(self, inputs: tuple[str, str] = INPUTS) -> dict[str, int]:
        """Widths of a parser's inputs.

        Args:
            inputs: kinds of features to use as ``audio`` and ``visual_2d``.

        Returns:
            ``audio``, ``visual_2d`` and, if the data set has it, ``visual_3d`` → width.

        Raises:
            LeapError: the data set lacks a kind of features.
        """
        return {name: self.widths[source] for name, source in self._input_sources(inputs).items()}

    def features(self, split: str, name: str) -> torch.Tensor:
        """Read one kind of features of a split, such as ``"clip"``, as float32 (N, T, ·).

        Raises:
            LeapError: the split or the kind of features is unknown, or the array is damaged.
        """
        self._check_kind(name)
        return self._tensor(split, name)

    def has(self, split: str, name: str) -> bool:
        """Whether a split has an array, such as ``"true_audio"``.

        Raises:
            LeapError: the split is unknown.
        """
        return name in self._group(split)

    def teacher_scores(self, split: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Read the audio and visual logits from which the pseudo-labels were made, each float32 (N, T, C).

        Raises:
            LeapError: the split is unknown, the store has no such logits, or they are damaged.
        """
        if not all(self.has(split, name) for name in SCORES):
            raise LeapError(f"{self.path}: holds pseudo-labels without the scores they were made from")
        audio, visual = (self._tensor(split, name) for name in SCORES)
        return audio, visual

    def label_embedding(self) -> torch.Tensor:
        """Read the label embeddings that are packed with the data, float32 (C, L).

        Raises:
            LeapError: the store has no label embeddings, or they are damaged.
        """
        if LABEL_EMBEDDING not in self._file:
            remedy = "set model.labels to a file or to another source"
            raise LeapError(f"{self.path}: holds no label embeddings; {remedy}")
        return self._tensor("", LABEL_EMBEDDING)

    def verify(self) -> None:
        """Read and check every array, in constant memory.

        Raises:
            LeapError: an array is damaged.
        """
        for split in SPLITS:
            self.ids(split)
            for name in [name for name in ARRAYS if name in self._file[split]]:
                for _ in self._blocks(self._file[split][name], name):
                    pass
        if LABEL_EMBEDDING in self._file:
            self.label_embedding()

    def _arrays(self, split: str, inputs: tuple[str, str]) -> dict[str, str]:
        """Field of `Videos` → name of the array in the store."""
        labels = {name: name for name in LABELS if name in self._group(split)}
        return self._input_sources(inputs) | labels

    def _input_sources(self, inputs: tuple[str, str]) -> dict[str, str]:
        """Input of a parser → name of the array in the store."""
        for source in inputs:
            self._check_kind(source)
        sources = dict(zip(INPUTS, inputs, strict=True))
        return sources | ({"visual_3d": "visual_3d"} if "visual_3d" in self.widths else {})

    def _check_kind(self, name: str) -> None:
        if name not in self.widths:
            raise LeapError(f"{self.path}: no features {name!r}; it has {', '.join(self.widths)}")

    def _group(self, split: str) -> h5py.Group:
        if split not in self.splits:
            raise LeapError(f"{self.path}: no split '{split}'; it has {', '.join(self.splits)}")
        return self._file[split]

    def _tensor(self, split: str, name: str) -> torch.Tensor:
        """Read an array as float32; PyTorch converts half precision several times faster than NumPy."""
        dataset = (self._group(split) if split else self._file)[name]
        tensor, row = torch.empty(dataset.shape), 0
        for block in self._blocks(dataset, name):
            half = block.dtype == np.float16
            tensor[row : row + len(block)] = torch.from_numpy(block if half else block.astype(np.float32))
            row += len(block)
        return tensor

    def _blocks(self, dataset: h5py.Dataset, name: str) -> Iterator[NDArray[Any]]:
        """Read an array block by block.

        Raises:
            LeapError: a block is damaged, or, after the last block, the checksum does not match.
        """
        checksum = Checksum()
        starts = range(0, len(dataset), ROWS)
        for start in with_progress(starts, f"read {dataset.name[1:]}", unit="block"):
            block = self._block(dataset, name, slice(start, start + ROWS))
            checksum.add(block)
            yield block
        if checksum.value() != dataset.attrs["sha256"]:
            raise damaged(self.path, f"{dataset.name[1:]} does not match its checksum")

    def _block(self, dataset: h5py.Dataset, name: str, rows: slice) -> NDArray[Any]:
        """Read some rows of an array and check their values.

        Raises:
            LeapError: the rows cannot be read, features or label embeddings are not finite, or labels are
                not 0 or 1.
        """
        try:
            block = dataset[rows]
        except (OSError, RuntimeError) as error:
            raise unreadable(self.path, error, f"{dataset.name[1:]} cannot be read") from error
        if (name in REALS or name == LABEL_EMBEDDING) and not _finite(block):
            kind = "float32" if block.dtype.itemsize > 4 else block.dtype
            what = f"holds NaN, infinity, or values too large for {kind}"
            raise damaged(self.path, f"{dataset.name[1:]} {what}")
        if name in LABELS and not np.isin(block, (0, 1)).all():
            raise damaged(self.path, f"{dataset.name[1:]} holds labels other than 0 and 1")
        return block


def _open(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise unreadable(path, error, "cannot be read as HDF5 (damaged, or another format)") from error


def _finite(block: NDArray[Any]) -> bool:
    if block.dtype == np.float16:  # not finite: all exponent bits are 1; ten times faster than isfinite
        return not ((block.view(np.uint16) & 0x7C00) == 0x7C00).any()
    with np.errstate(over="ignore"):
        return bool(np.isfinite(block.astype(np.float32, copy=False)).all())
