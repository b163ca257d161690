"""Feature files of LLP's official layout: per video one ``.npy`` file of each kind of features or labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from os.path import isfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import adaptive_avg_pool1d, interpolate

from leap.data.annotations import SEGMENTS
from leap.data.classes import LLP
from leap.data.llp.description import FILE
from leap.io.npy import read_npy
from leap.io.reason import os_reason, reason

ID_LENGTH = 11
"""Length of a YouTube id, which names official files; names of videos append the times to it."""

CLAP_BANDS, CLAP_TIMES, CLAP_FINE = 2, 32, 1024

Array = NDArray[Any]


@dataclass(frozen=True)
class Source:
    """A kind of features or pseudo-labels in the official layout.

    Attributes:
        name: name of the array in a feature store.
        folder: folder of the files.
        shape: shape of the array of a ten-second video, (rows, width).
        pool: function of the array and T that returns (T, width), or None if rows are segments already.
        order: columns of the file in the order of the data set's classes; None if they have this order.
    """

    name: str
    folder: str
    shape: tuple[int, int]
    pool: Callable[[Array, int], Array] | None = None
    order: tuple[int, ...] | None = field(default=None, compare=False)

    @property
    def period(self) -> int:
        """Seconds that rows of the file describe together: ten in CLAP's maps, else one."""
        return SEGMENTS if self.shape[0] % SEGMENTS else 1

    def rows_of(self, seconds: int) -> int:
        """Rows in the file of a video of the given length; CLAP has one map per ten seconds, rounded up."""
        return self.shape[0] * self.period // SEGMENTS * -(-seconds // self.period)

    def rows(self, kept: bool) -> int:
        """Rows per video in the store: those of the file if they are ``kept``, else one per segment."""
        return self.shape[0] if kept else SEGMENTS

    def cut(self, array: Array, start: int, end: int, kept: bool) -> Array:
        """Cut the seconds from ``start`` to ``end`` (exclusive) out of the array of a whole file.

        Only the rows of these seconds are read, which matters if the array is mapped from a long file.

        Args:
            array: array of the file, (`rows_of` its seconds, width).
            start: first second.
            end: last second, exclusive.
            kept: whether to keep the rows of the file instead of pooling them.

        Returns:
            (end − start, width), or the rows if they are kept.
        """
        first, last = start // self.period, -(-end // self.period)
        rows = self.rows_of(self.period)
        part = array[rows * first : rows * last]
        if self.pool is not None and not kept:
            pooled = self.pool(part, self.period * (last - first))
            return pooled[start - self.period * first : end - self.period * first]
        return part if self.order is None else part[:, list(self.order)]


class Problem(NamedTuple):
    """A file that cannot be used: its path below the root, and the reason."""

    file: str
    reason: str


def not_finite(dtype: str) -> str:
    """Say that a file holds values that a store of a type cannot keep."""
    return f"holds NaN, infinity, or values too large for {dtype}"


@cache
def clap_pooling() -> NDArray[np.float32]:
    """Matrix (10, 64) that pools a CLAP map of 2 bands × 32 times to ten segments, as VALOR's release does.

    VALOR interpolates the times bicubically to 1,024, projects linearly, averages the bands and pools the
    times adaptively. All steps are linear in the map and preserve constants, so pooling may precede the
    projection.
    """
    size = CLAP_BANDS * CLAP_TIMES
    maps = torch.eye(size).unflatten(1, (CLAP_BANDS, CLAP_TIMES))[None]  # (1, 64, 2, 32)
    fine = interpolate(maps, size=(CLAP_BANDS, CLAP_FINE), mode="bicubic")
    return adaptive_avg_pool1d(fine.mean(2), SEGMENTS)[0].T.contiguous().numpy()


def average_frames(frames: Array, segments: int) -> Array:
    """Average k frames per second, (T·k, width), over each of T seconds, (T, width)."""
    return frames.reshape(segments, -1, frames.shape[1]).mean(1, dtype=np.float32)


def pool_clap(maps: Array, segments: int) -> Array:
    """Pool CLAP's maps, one per ten seconds, (64·⌈T/10⌉, width), to T seconds, (T, width)."""
    windows = maps.astype(np.float32).reshape(-1, CLAP_BANDS * CLAP_TIMES, maps.shape[1])
    return (clap_pooling() @ windows).reshape(-1, maps.shape[1])[:segments]


FEATURES = (
    Source("audio", "feats/vggish", (SEGMENTS, 128)),
    Source("visual_2d", "feats/res152", (8 * SEGMENTS, 2048), average_frames),
    Source("visual_3d", "feats/r2plus1d_18", (SEGMENTS, 512)),
    Source("clip", "CLIP/features", (SEGMENTS, 768)),
    Source("clap", "CLAP/features", (CLAP_BANDS * CLAP_TIMES, 768), pool_clap),
)
PSEUDO_LABELS = (
    Source("pseudo_audio", "CLAP/segment_pseudo_labels", (SEGMENTS, len(LLP))),
    Source("pseudo_visual", "CLIP/segment_pseudo_labels", (SEGMENTS, len(LLP))),
)
REQUIRED = ("audio", "visual_2d")
"""Kinds of features that packing requires."""


def read_features(root: Path, source: Source, video: str, dtype: str, kept: bool) -> Array | Problem:
    """Read the features of one video.

    Args:
        root: root of the official layout.
        source: kind of features.
        video: name of the video.
        dtype: type to convert to, ``"float16"`` or ``"float32"``.
        kept: whether to keep the rows of the file instead of pooling them.

    Returns:
        Features, (T, width) or, if ``kept``, (rows, width); or the problem with the file.
    """
    array = _load(root, source, video)
    if isinstance(array, Problem):
        return array
    with np.errstate(over="ignore", invalid="ignore"):
        array = array if source.pool is None or kept else source.pool(array, SEGMENTS)
        array = array.astype(dtype)
    if not np.isfinite(array).all():
        return Problem(feature_file(root, source, video), not_finite(dtype))
    return array


def read_pseudo_labels(root: Path, source: Source, video: str) -> Array | Problem:
    """Read the pseudo-labels of one video in one modality, (T, C) uint8, or the problem with the file."""
    array = _load(root, source, video)
    if isinstance(array, Problem):
        return array
    if not np.isin(array, (0, 1)).all():
        return Problem(feature_file(root, source, video), "holds labels other than 0 and 1")
    return source.cut(array, 0, SEGMENTS, kept=False).astype(np.uint8)


def load_array(root: Path, file: str, mapped: bool = False) -> Array | Problem:
    """Read an array of numbers, or return the problem with the file; see `read_npy` for ``mapped``."""
    try:
        return read_npy(root / file, mapped)
    except FileNotFoundError:
        return Problem(file, "missing")
    except Exception as error:  # numpy raises many kinds for a damaged file
        unreadable = f"not a readable .npy array ({reason(error).replace(str(root / file), 'file')})"
        return Problem(file, os_reason(error) or unreadable)


def _load(root: Path, source: Source, video: str) -> Array | Problem:
    file = feature_file(root, source, video)
    array = load_array(root, file)
    if isinstance(array, Problem) or array.shape == source.shape:
        return array
    return Problem(file, f"has shape {array.shape}, not {source.shape}")


def feature_file(root: Path, source: Source, video: str) -> str:
    """Path of a video's file below the root, of the first of its `file_names` that exists."""
    files = [f"{source.folder}/{name}.npy" for name in file_names(root, source, video)]
    return next((file for file in files if isfile(root / file)), files[-1])


def file_names(root: Path, source: Source, video: str) -> tuple[str, ...]:
    """Names that the file of a video of LLP may have: its YouTube id, as in the official folders.

    In a folder that `leap features extract` described, files may also have the name of the whole video.
    """
    own = isfile(root / source.folder / FILE)
    return (video, video[:ID_LENGTH]) if own else (video[:ID_LENGTH],)
