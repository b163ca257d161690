"""Feature store: one HDF5 file a data set, checked when opened and read split by split."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.videos import Videos
from leap.errors import LeapError
from leap.files import atomic_path

FORMAT = "leap-features"
VERSION = 1
SPLITS = ("train", "val", "test")
FEATURES = ("audio", "visual_2d", "visual_3d")
OPTIONAL = {"visual_3d"}
DENSE = ("pseudo_audio", "pseudo_visual", "true_audio", "true_visual")
LABELS = ("weak", *DENSE)
ARRAYS = ("ids", *FEATURES, *LABELS)
ADVICE = "make or download the data set again"
SHIPPED = {"av-digits": Path(__file__).with_name("av_digits") / "av_digits.h5"}
ROWS_A_CHUNK = 64

Arrays = Mapping[str, Sequence[str] | NDArray[Any]]


def open_dataset(name_or_path: str) -> FeatureStore:
    """Open a data set that comes with the package (``"av-digits"``) or a store file anywhere.

    Raises:
        LeapError: there is no such file, or it is not a sound feature store.
    """
    return FeatureStore(SHIPPED.get(name_or_path, Path(name_or_path)))


def write_store(
    path: str | Path,
    *,
    dataset: str,
    classes: Sequence[str],
    provenance: Mapping[str, Any],
    splits: Mapping[str, Arrays],
) -> None:
    """Write a data set to one HDF5 file, whole or not at all.

    Args:
        path: the file to write.
        dataset: name of the data set.
        classes: C class names in label order.
        provenance: how the data were made; anything that JSON can hold.
        splits: for ``train``, ``val`` and ``test`` the arrays ``ids`` (N), ``audio`` (N, T, A), ``visual_2d``
            (N, T, V), optionally ``visual_3d`` (N, T, S), ``weak`` (N, C) and the dense labels
            ``pseudo_audio``, ``pseudo_visual``, ``true_audio``, ``true_visual`` (N, T, C). Features are kept
            in float16, labels in uint8.

    Raises:
        LeapError: what would be written is not a sound store.
    """
    with atomic_path(path) as temporary:
        # this version of the format has checksums of its own structure
        with h5py.File(temporary, "w", libver="v110") as file:
            for split, arrays in splits.items():
                _write_split(file.create_group(split), arrays)
            header = {"dataset": dataset, "classes": list(classes), "provenance": provenance}
            file.attrs.update(format=np.bytes_(FORMAT), version=VERSION, header=_json(header))
            file.attrs["checksum"] = _content_checksum(file, dataset, classes)
        with FeatureStore(temporary) as store:
            for split in SPLITS:
                store.videos(split)


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
            raise LeapError(
                f"{path}: no such data set; give a file or one of {', '.join(SHIPPED)}"
            ) from error
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
        return tuple(name.decode() for name in self._array(split, "ids"))

    def videos(self, split: str) -> Videos:
        """Read a split.

        Raises:
            LeapError: there is no such split, its content does not have its checksum, or it holds features
                that are not finite or labels other than 0 and 1.
        """
        names = [name for name in (*FEATURES, *LABELS) if name in self.widths or name in LABELS]
        return Videos(**{name: torch.from_numpy(self._values(split, name)) for name in names})

    def _values(self, split: str, name: str) -> NDArray[np.float32]:
        array = self._array(split, name).astype(np.float32)
        if name in FEATURES and not np.isfinite(array).all():
            raise self._error(f"{split}/{name} holds values that are not finite in float16")
        if name in LABELS and not np.isin(array, (0, 1)).all():
            raise self._error(f"{split}/{name} holds labels other than 0 and 1")
        return array

    def _array(self, split: str, name: str) -> NDArray[Any]:
        if split not in self.splits:
            raise LeapError(f"{self.path}: no split '{split}'; it has {', '.join(self.splits)}")
        dataset = self._file[split][name]
        try:
            array = dataset[()]
        except (OSError, RuntimeError) as error:
            raise self._error(f"{split}/{name} cannot be read") from error
        if _sha256(array) != dataset.attrs["sha256"]:
            raise self._error(f"{split}/{name} does not have its checksum")
        return array

    def _read_header(self) -> None:
        attributes = self._file.attrs
        if attributes.get("format") != np.bytes_(FORMAT):
            raise LeapError(f"{self.path}: an HDF5 file, but not a feature store; {ADVICE}")
        if attributes.get("version") != VERSION:
            raise self._error(f"format version {attributes.get('version')}, this package reads {VERSION}")
        header = json.loads(attributes["header"])
        self.dataset: str = header["dataset"]
        self.classes: tuple[str, ...] = tuple(header["classes"])
        self.provenance: dict[str, Any] = header["provenance"]
        self.checksum: str = attributes["checksum"].decode()
        self._check_arrays()
        if _content_checksum(self._file, self.dataset, self.classes).decode() != self.checksum:
            raise self._error("the arrays do not have the checksum of the data set")

    def _check_arrays(self) -> None:
        for split in SPLITS:
            self._check_links(split)
        train = self._file["train"]
        self.segments = int(train["true_audio"].shape[1]) if train["true_audio"].ndim == 3 else 0
        self.widths = {name: int(train[name].shape[-1]) for name in FEATURES if name in train}
        self.splits = {split: len(self._file[split]["ids"]) for split in SPLITS}
        for split in SPLITS:
            self._check_shapes(split)

    def _check_links(self, split: str) -> None:
        """Everything needed is there and lies in this file itself."""
        if not isinstance(self._own(self._file, split), h5py.Group):
            raise self._error(f"split '{split}' is missing")
        for name in ARRAYS:
            array = self._own(self._file[split], name)
            if array is None and name in OPTIONAL:
                continue
            if not isinstance(array, h5py.Dataset) or array.shape is None or not array.shape:
                raise self._error(f"{split}/{name} is missing")
            if array.external or array.is_virtual:
                raise self._error(f"{split}/{name} keeps its values in another file, which is refused")
            if "sha256" not in array.attrs:
                raise self._error(f"{split}/{name} has no checksum")

    def _own(self, group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | None:
        link = group.get(name, getlink=True)
        if link is not None and not isinstance(link, h5py.HardLink):
            raise self._error(f"{group.name}/{name} is a link to another place, which is refused")
        return group.get(name)

    def _check_shapes(self, split: str) -> None:
        group, n = self._file[split], self.splits[split]
        shapes = {"ids": (n,), "weak": (n, len(self.classes))}
        shapes |= {name: (n, self.segments, len(self.classes)) for name in DENSE}
        shapes |= {name: (n, self.segments, width) for name, width in self.widths.items()}
        kinds = dict.fromkeys(FEATURES, "f") | dict.fromkeys(LABELS, "u") | {"ids": "S"}
        for name in ARRAYS:
            if (name in group) != (name in shapes):
                raise self._error(f"{split}/{name} is not in every split")
            if name in group and (group[name].shape != shapes[name] or group[name].dtype.kind != kinds[name]):
                found = f"{group[name].shape} {group[name].dtype}"
                raise self._error(f"{split}/{name} is {found}, but the others ask for {shapes[name]}")
        if n == 0 or self.segments == 0:
            raise self._error(f"split '{split}' holds no videos or no segments")

    def _error(self, what: str) -> LeapError:
        return LeapError(f"{self.path}: {what}; {ADVICE}")


def _write_split(group: h5py.Group, arrays: Arrays) -> None:
    for name, values in arrays.items():
        array = _stored(name, values)
        chunks = (min(len(array), ROWS_A_CHUNK), *array.shape[1:]) if array.size else None
        packing = {"compression": "gzip", "compression_opts": 9, "shuffle": True} if chunks else {}
        group.create_dataset(name, data=array, chunks=chunks, **packing)
        group[name].attrs["sha256"] = _sha256(array)


def _stored(name: str, values: Sequence[str] | NDArray[Any]) -> NDArray[Any]:
    if name == "ids":
        return np.array([str(value).encode() for value in values], dtype="S")
    with np.errstate(over="ignore"):  # what overflows is refused as not finite
        return np.ascontiguousarray(values, dtype=np.float16 if name in FEATURES else np.uint8)


def _json(value: object) -> np.bytes_:
    return np.bytes_(
        json.dumps(value)
    )  # of fixed length: HDF5 may crash on damaged strings of variable length


def _sha256(array: NDArray[Any]) -> np.bytes_:
    little_endian = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return np.bytes_(hashlib.sha256(little_endian.tobytes()).hexdigest())


def _content_checksum(file: h5py.File, dataset: str, classes: Sequence[str]) -> np.bytes_:
    lines = [json.dumps([dataset, *classes])]
    for split in sorted(set(SPLITS) & set(file)):
        for name in sorted(set(ARRAYS) & set(file[split])):
            array = file[split][name]
            lines.append(
                f"{split}/{name} {array.dtype.str[1:]} {list(array.shape)} {array.attrs['sha256'].decode()}"
            )
    return np.bytes_(hashlib.sha256("\n".join(lines).encode()).hexdigest())
