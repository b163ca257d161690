"""Predicted events of runs in one small file: for chapters that need more than the scores of the records."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.io.atomic import atomic_path
from leap.io.reason import explain, reason


class PredictedEvents(NamedTuple):
    """The events that a run's parser predicts in the videos of its split.

    Attributes:
        audio: audio events, boolean (N, T, C).
        visual: visual events, boolean (N, T, C).
    """

    audio: NDArray[np.bool_]
    visual: NDArray[np.bool_]


def write_events(events: Mapping[str, PredictedEvents], path: Path) -> None:
    """Write the events of runs in one bit a segment and class, compressed, atomically.

    Args:
        events: key of a run's record → its events; all runs have the same videos.
        path: the file.
    """
    cube = np.stack([np.stack(pair) for pair in events.values()])  # (R, 2, N, T, C)
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, keys=list(events), shape=cube.shape, bits=np.packbits(cube))


def read_events(path: Path) -> dict[str, PredictedEvents]:
    """Read what `write_events` wrote.

    Raises:
        LeapError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys, shape, bits = arrays["keys"], arrays["shape"], arrays["bits"]
        cube = np.unpackbits(bits)[: shape.prod()].reshape(shape).astype(bool)  # (R, 2, N, T, C)
        return {str(key): PredictedEvents(*pair) for key, pair in zip(keys, cube, strict=True)}
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        what = f"not a file of predicted events ({reason(error)}); remove it"
        raise LeapError(f"{path}: {explain(error, what, '`make book PROFILE=full` makes it')}") from None
