"""Sound and frames of a video of an embedded data set: rendered again from its material, and drawn."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from leap.data import av_digits, av_everyday
from leap.data.av_digits.sources import RATE
from leap.data.store import FeatureStore
from leap.visualization.palette import HEATMAP


class Rendering(Protocol):
    """Signals of a video: ``waveform``, (T, `RATE`), and ``frames``, one per segment, gray or RGB."""

    @property
    def waveform(self) -> NDArray[np.float32]:
        """Sound in −1…1, one segment per row."""

    @property
    def frames(self) -> NDArray[Any]:
        """Frames, (T, height, width) of ink in 0…1, or (T, height, width, 3) uint8."""


RENDERERS: dict[str, Callable[[FeatureStore, Path, str, Sequence[int]], Iterable[Rendering]]] = {
    "av-digits": av_digits.rerender,
    "av-everyday": av_everyday.rerender,
}
"""Data set → function that renders its videos; the sound of both is at `RATE`."""


def render_videos(
    store: FeatureStore, material: Path, split: str, indices: Sequence[int]
) -> Iterable[Rendering]:
    """Render videos of a split exactly as they were when their features were extracted.

    Args:
        store: a data set of `RENDERERS`.
        material: folder of its recordings (and photographs).
        split: ``"train"``, ``"val"`` or ``"test"``.
        indices: positions of the videos in the split.

    Raises:
        LeapError: material is missing, or the split is unknown or has no dense labels.
    """
    return RENDERERS[store.dataset](store, material, split, indices)


def draw_frames(axis: Axes, rendering: Rendering) -> None:
    """Draw the frame of every segment; the horizontal axis is time in seconds."""
    for t, frame in enumerate(rendering.frames):
        extent = (t + 0.02, t + 0.98, 0, 1)
        axis.imshow(frame, extent=extent, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axis.set(ylabel="frames", yticks=[], xlim=(0, len(rendering.frames)), ylim=(0, 1), aspect="auto")


def draw_spectrogram(axis: Axes, rendering: Rendering) -> None:
    """Draw the spectrogram of the sound in kHz; the horizontal axis is time in seconds."""
    samples = rendering.waveform.reshape(-1)
    # a smoothed picture of noise would be twice as large
    levels, *_, image = axis.specgram(
        samples, NFFT=256, Fs=RATE, noverlap=0, cmap=HEATMAP, interpolation="nearest"
    )
    image.set_clim(10 * np.log10(np.median(levels) + 1e-12))  # darkest at the median, which is noise
    axis.set(ylabel="kHz", yticks=[0, 2000, 4000], yticklabels=["0", "2", "4"])
