"""One video of LLP from its official files: features and pseudo labels, a ``.npy`` file of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import adaptive_avg_pool1d, interpolate

from leap.data.annotations import SEGMENTS
from leap.data.classes import LLP
from leap.io.npy import read_npy

ID = 11
"""Letters of a YouTube id; a feature file is named by it, without the times of the video's file name."""

CLAP_BANDS, CLAP_TIMES, CLAP_FINE = 2, 32, 1024

Array = NDArray[Any]


@dataclass(frozen=True)
class Source:
    """A kind of official files.

    Attributes:
        name: of the store's array.
        folder: in the official layout.
        shape: of a file's array.
        pool: what becomes of it, (rows, width) and T → (T, width); as it is where None.
    """

    name: str
    folder: str
    shape: tuple[int, int]
    pool: Callable[[Array, int], Array] | None = None

    def rows_of(self, seconds: int) -> int:
        """Rows of a file of so many seconds; CLAP has a map for every ten."""
        rows, maps = divmod(self.shape[0], SEGMENTS)
        return self.shape[0] * -(-seconds // SEGMENTS) if maps else rows * seconds

    def rows(self, kept: bool) -> int:
        """Rows in the store, ``kept`` without pooling."""
        return self.shape[0] if kept else SEGMENTS


class Problem(NamedTuple):
    """A file that could not be used: its path below the root, and why."""

    file: str
    reason: str


@cache
def clap_pooling() -> NDArray[np.float32]:
    """Matrix (T, 64) that pools a CLAP map of 2 bands × 32 times to T segments as VALOR does.

    VALOR interpolates the times bicubically to 1,024, projects linearly, averages the bands and pools the
    times adaptively. All of it is linear in the map and constant maps stay constant, so that pooling may come
    before the projection.
    """
    size = CLAP_BANDS * CLAP_TIMES
    maps = torch.eye(size).unflatten(1, (CLAP_BANDS, CLAP_TIMES))[None]  # (1, 64, 2, 32)
    fine = interpolate(maps, size=(CLAP_BANDS, CLAP_FINE), mode="bicubic")
    return adaptive_avg_pool1d(fine.mean(2), SEGMENTS)[0].T.contiguous().numpy()


def average_frames(frames: Array, segments: int) -> Array:
    """Frames (T·k, width) averaged over each of T seconds, (T, width)."""
    return frames.reshape(segments, -1, frames.shape[1]).mean(1, dtype=np.float32)


def pool_clap(maps: Array, segments: int) -> Array:
    """CLAP's maps of every ten seconds, (64·⌈T/10⌉, width), pooled to T seconds, (T, width)."""
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


def read_features(root: Path, source: Source, video: str, dtype: str, kept: bool) -> Array | Problem:
    """Features of one video, (T, width), or (T·k, width) where frames are ``kept``."""
    array = _load(root, source, video)
    if isinstance(array, Problem):
        return array
    with np.errstate(over="ignore", invalid="ignore"):
        array = array if source.pool is None or kept else source.pool(array, SEGMENTS)
        array = array.astype(dtype)
    if not np.isfinite(array).all():
        return Problem(_file(source, video), f"holds values that are not finite in {dtype}")
    return array


def read_pseudo_labels(root: Path, source: Source, video: str) -> Array | Problem:
    """Pseudo labels of one video in one modality, (T, C) uint8."""
    array = _load(root, source, video)
    if isinstance(array, Problem):
        return array
    if not np.isin(array, (0, 1)).all():
        return Problem(_file(source, video), "holds labels other than 0 and 1")
    return array.astype(np.uint8)


def load_array(root: Path, file: str, mapped: bool = False) -> Array | Problem:
    """An array of numbers; where it is only ``mapped``, its values are not read yet."""
    try:
        return read_npy(root / file, mapped)
    except FileNotFoundError:
        return Problem(file, "missing")
    except Exception as error:  # numpy raises many kinds for a damaged file
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return Problem(file, f"damaged ({reason.replace(str(root / file), 'file')})")


def _load(root: Path, source: Source, video: str) -> Array | Problem:
    array = load_array(root, _file(source, video))
    if isinstance(array, Problem) or array.shape == source.shape:
        return array
    return Problem(_file(source, video), f"of shape {array.shape}, not {source.shape}")


def _file(source: Source, video: str) -> str:
    return f"{source.folder}/{video[:ID]}.npy"
