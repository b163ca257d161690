"""Statistics of features: sparsity, tail, and correlation over time and channels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.io.atomic import atomic_write
from leap.io.reason import os_reason, reason

COMMAND = "leap data measure-features --features FILE --out FILE"
VGGISH_STATISTICS = Path(__file__).with_name("vggish_statistics.json")
Statistics = dict[str, float]


def feature_statistics(features: NDArray[Any]) -> Statistics:
    """Compute statistics of features, (N, T, A).

    Returns:
        Statistic → value. ``minimum``, ``maximum``, ``mean``, ``deviation`` (standard deviation) and
        ``zeros`` (fraction of zeros) are taken over all values. ``between_videos`` is the variance of video
        means divided by the total variance, each summed over channels. ``lag_one`` is the correlation between
        adjacent segments about the mean of each channel, ``lag_one_within`` about the mean of each channel in
        each video.
        ``participation_ratio`` is (Σλ)² / Σλ² of the eigenvalues λ of the channels' covariance over all
        segments, roughly the number of directions that carry variance.
    """
    x = np.asarray(features, np.float64)  # (N, T, A)
    channel, video = x.mean((0, 1)), x.mean(1, keepdims=True)
    spectrum = np.linalg.eigvalsh(np.cov(x.reshape(-1, x.shape[-1]), rowvar=False))
    values = {
        "minimum": x.min(),
        "maximum": x.max(),
        "mean": x.mean(),
        "deviation": x.std(),
        "zeros": (x == 0).mean(),
        "between_videos": ((video - channel) ** 2).mean() / ((x - channel) ** 2).mean(),
        "lag_one": _lag_one(x - channel),
        "lag_one_within": _lag_one(x - video),
        "participation_ratio": spectrum.sum() ** 2 / (spectrum**2).sum(),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def measure_features(path: Path, out: Path) -> Statistics:
    """Compute the statistics of a file of features, write them as JSON, and return them.

    Raises:
        LeapError: the file cannot be read, or does not hold one array of three axes.
    """
    features = read_features(path)
    statistics = feature_statistics(features)
    source = {"source": f"measured by `{COMMAND}`", "shape": list(features.shape)}
    atomic_write(out, json.dumps(source | {"statistics": statistics}, indent=1) + "\n")
    return statistics


def read_features(path: Path) -> NDArray[Any]:
    """Read features, (N, T, A), from a ``.npy`` file or the only array of an HDF5 file.

    Raises:
        LeapError: the file cannot be read, or does not hold one array of three axes.
    """
    try:
        if path.suffix == ".npy":
            arrays = [np.load(path, allow_pickle=False)]
        else:
            with h5py.File(path, "r") as file:
                arrays = [dataset[()] for dataset in file.values()]
    except Exception as error:  # numpy and h5py raise many kinds for a damaged file
        damage = f"cannot be read as a .npy or HDF5 file ({reason(error)})"
        raise LeapError(f"{path}: {os_reason(error) or damage}") from None
    shapes = [array.shape for array in arrays]
    if len(shapes) != 1 or len(shapes[0]) != 3:
        found = ", ".join(map(str, shapes)) or "none"
        raise LeapError(f"{path}: must hold one array (videos, segments, channels), but holds {found}")
    return arrays[0]


def vggish_statistics() -> Statistics:
    """Statistics of real VGGish features: 178 background videos of the AVE release, ten segments each."""
    return json.loads(VGGISH_STATISTICS.read_text(encoding="utf-8"))["statistics"]


def _lag_one(deviations: NDArray[np.float64]) -> float:
    return float((deviations[:, 1:] * deviations[:, :-1]).mean() / (deviations**2).mean())
