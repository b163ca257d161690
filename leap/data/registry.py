"""The data sets that the package knows by name: where their files are, their classes and label embeddings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from leap.data.classes import AV_DIGITS, LLP
from leap.data.store import FeatureStore
from leap.errors import LeapError


@dataclass(frozen=True)
class Dataset:
    """A data set known by name.

    Attributes:
        path: its feature store: absolute where it ships with the package, else a file name in ``LEAP_DATA``.
        classes: names of the C classes, in label order.
        labels: default source of label embeddings, a value of ``ModelConfig.labels``.
    """

    path: Path
    classes: tuple[str, ...]
    labels: str

    @property
    def ships(self) -> bool:
        """Whether the store comes with the package."""
        return self.path.is_absolute()


DATASETS = {
    "av-digits": Dataset(Path(__file__).with_name("av_digits") / "av_digits.h5", AV_DIGITS, "orthogonal"),
    "llp": Dataset(Path("llp.h5"), LLP, "dataset"),
    "llp-sim": Dataset(Path("llp_sim.h5"), LLP, "orthogonal"),
}
"""Data sets by name."""


def dataset_path(name_or_path: str) -> Path:
    """Path of a data set's feature store.

    Args:
        name_or_path: a name of ``DATASETS``, or the path of a feature store.

    Raises:
        LeapError: the data set is kept in the folder ``LEAP_DATA``, which is not set.
    """
    if name_or_path not in DATASETS:
        return Path(name_or_path)
    dataset = DATASETS[name_or_path]
    if dataset.ships:
        return dataset.path
    folder = os.environ.get("LEAP_DATA")
    if not folder:
        raise LeapError(f"{name_or_path}: set LEAP_DATA to the folder that holds {dataset.path}")
    return Path(folder) / dataset.path


def open_dataset(name_or_path: str) -> FeatureStore:
    """Open a data set by name, or a feature store by path.

    >>> with open_dataset("av-digits") as store:
    ...     store.segments, len(store.classes), store.splits
    (10, 10, {'train': 2000, 'val': 400, 'test': 800})

    Raises:
        LeapError: there is no such file or data set, or the file is not a sound feature store.
    """
    path = dataset_path(name_or_path)
    if name_or_path not in DATASETS and not path.exists():
        known = ", ".join(DATASETS)
        raise LeapError(f"{name_or_path}: no such file, and no data set of that name ({known})")
    return FeatureStore(path)
