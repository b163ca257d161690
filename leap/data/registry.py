"""Data sets by name: the path of the store, class names, and the default source of label embeddings."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from leap.data.classes import AV_DIGITS, AV_EVERYDAY, GROUP, LLP, simulated_classes
from leap.data.store import FeatureStore
from leap.data.store.layout import FEATURES, INPUTS, NAME
from leap.errors import LeapError
from leap.label_embeddings.shipped import GLOVE
from leap.label_embeddings.sources import ORTHOGONAL, PACKED


@dataclass(frozen=True)
class Dataset:
    """A data set that the package knows by name.

    Attributes:
        title: its name in texts and figures.
        path: the feature store: absolute if it ships with the package, else a file name in ``LEAP_DATA``.
        classes: names of the C classes, in label order.
        labels: default source of label embeddings, a value of ``ModelConfig.labels``.
        features: names of the features in the store.
    """

    title: str
    path: Path
    classes: tuple[str, ...]
    labels: str
    features: tuple[str, ...]

    @property
    def ships(self) -> bool:
        """Whether the store is part of the package."""
        return self.path.is_absolute()


HERE = Path(__file__).parent
SIMULATED_FEATURES = (*INPUTS, "visual_3d")

DATASETS = {
    "av-digits": Dataset("AV-Digits", HERE / "av_digits" / "av_digits.h5", AV_DIGITS, ORTHOGONAL, INPUTS),
    "av-everyday": Dataset(
        "AV-Everyday", HERE / "av_everyday" / "av_everyday.h5", AV_EVERYDAY, GLOVE, INPUTS
    ),
    "llp": Dataset("LLP", Path("llp.h5"), LLP, PACKED, FEATURES),
    "llp-sim": Dataset("LLP-Sim", Path("llp_sim.h5"), LLP, ORTHOGONAL, SIMULATED_FEATURES),
}
"""Name → data set; LLP-Sim with another number of classes is ``llp-sim-<classes>``, not listed here."""

SIMULATED = re.compile(r"llp-sim-([1-9]\d*)")
"""Pattern of the names of LLP-Sim with another number of classes; no other data set may have such a name."""


def simulated_name(classes: int) -> str:
    """Name of the LLP-Sim data set with the given number of classes.

    Example:
        >>> simulated_name(25), simulated_name(50)
        ('llp-sim', 'llp-sim-50')
    """
    return "llp-sim" if classes == len(LLP) else f"llp-sim-{classes}"


def is_simulated(name: str) -> bool:
    """Whether a name is that of LLP-Sim, with any number of classes.

    Example:
        >>> is_simulated("llp-sim"), is_simulated("llp-sim-50"), is_simulated("llp")
        (True, True, False)
    """
    return name == simulated_name(len(LLP)) or bool(SIMULATED.fullmatch(name))


def find_dataset(name: str) -> Dataset | None:
    """Look up a data set by name, including LLP-Sim with any number of classes; None for other names.

    Example:
        >>> len(find_dataset("llp-sim-50").classes)
        50
    """
    simulated = SIMULATED.fullmatch(name)
    if simulated:
        number = int(simulated[1])
        if number % GROUP or simulated_name(number) != name:
            return None
        title, path = f"LLP-Sim, {number} classes", Path(f"llp_sim_{number}.h5")
        return Dataset(title, path, simulated_classes(number), ORTHOGONAL, SIMULATED_FEATURES)
    return DATASETS.get(name)


def dataset_title(name: str) -> str:
    """The name of a data set in texts and figures; a custom data set has no other.

    Example:
        >>> dataset_title("av-digits"), dataset_title("kitchen")
        ('AV-Digits', 'kitchen')
    """
    dataset = find_dataset(name)
    return dataset.title if dataset else name


def can_name_custom(name: str) -> bool:
    """Whether a custom data set may have this name: it is well formed and not that of another data set.

    Example:
        >>> can_name_custom("kitchen-2"), can_name_custom("llp"), can_name_custom("llp-sim-7")
        (True, False, False)
    """
    return bool(NAME.fullmatch(name)) and not find_dataset(name) and not SIMULATED.fullmatch(name)


def check_dataset(name: str, custom: bool = False) -> None:
    """Refuse the name of an unknown data set.

    Args:
        name: name of a data set.
        custom: whether the data set's store is available; any valid name is then accepted.

    Raises:
        LeapError: the name is unknown, or cannot name a data set.

    Example:
        >>> check_dataset("llp-sim-50"), check_dataset("kitchen", custom=True)
        (None, None)
    """
    if find_dataset(name) or (custom and can_name_custom(name)):
        return
    advice = "use lower-case letters, digits and hyphens" if custom else "a custom data set needs its store"
    raise LeapError(f"unknown data set {name!r}; known are {', '.join(DATASETS)}, llp-sim-50, …; {advice}")


def default_labels(name: str) -> str:
    """Default source of label embeddings, a value of ``ModelConfig.labels``, of any data set."""
    dataset = find_dataset(name)
    return dataset.labels if dataset else PACKED  # the stores of custom data sets contain label embeddings


def dataset_path(name_or_path: str) -> Path:
    """Path of the feature store of a data set.

    Args:
        name_or_path: name of a known data set, or the path of a feature store.

    Raises:
        LeapError: the data set is looked up in the folder ``LEAP_DATA``, which is not set.
    """
    dataset = find_dataset(name_or_path)
    if dataset is None:
        return Path(name_or_path)
    if dataset.ships:
        return dataset.path
    folder = os.environ.get("LEAP_DATA")
    if not folder:
        raise LeapError(f"{name_or_path}: set LEAP_DATA to the folder that holds {dataset.path}")
    return Path(folder) / dataset.path


def open_dataset(name_or_path: str) -> FeatureStore:
    """Open a data set by name, or a feature store by path.

    Raises:
        LeapError: no data set or file has that name, ``LEAP_DATA`` is needed but not set, or the file is not
            a valid feature store.

    Example:
        >>> with open_dataset("av-digits") as store:
        ...     store.segments, len(store.classes), store.splits
        (10, 10, {'train': 2000, 'val': 400, 'test': 800})
    """
    path = dataset_path(name_or_path)
    if find_dataset(name_or_path) is None and not path.exists():
        known = ", ".join(DATASETS)
        raise LeapError(f"{name_or_path}: no such file, and no data set of that name ({known})")
    return FeatureStore(path)
