"""Figures of an embedded data set: signals and labels of a video, and distributions of event times."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.data import av_digits, av_everyday
from leap.data.av_digits.sources import RATE
from leap.data.layouts import Labels, Summary
from leap.data.store import FeatureStore
from leap.visualization.distributions import draw_distributions
from leap.visualization.palette import AUDIO, HEATMAP, MODALITY_COLOURS, TRUTH, VISUAL

DISTRIBUTIONS = {
    "first_onsets": "first onset (second)",
    "run_lengths": "length of an event (seconds)",
    "gap_lengths": "gap within an event class (seconds)",
}
"""Distribution measured by `leap.data.layouts.summarise` → title of its axis."""


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


@dataclass(frozen=True)
class Example:
    """A rendered video with its dense labels.

    Attributes:
        name: id of the video.
        rendering: its waveform and frames.
        audio: dense audio labels, (T, C).
        visual: dense visual labels, (T, C).
    """

    name: str
    rendering: Rendering
    audio: Labels
    visual: Labels

    def waveform(self) -> NDArray[np.float32]:
        """Samples of the whole video, (T · 8000,), at 8 kHz."""
        return self.rendering.waveform.reshape(-1)


def render_examples(store: FeatureStore, material: Path, split: str, indices: Sequence[int]) -> list[Example]:
    """Render videos of a split exactly as they were when their features were extracted.

    Args:
        store: a data set of `RENDERERS`.
        material: folder of its recordings (and photographs).
        split: ``"train"``, ``"val"`` or ``"test"``.
        indices: positions of the videos in the split.

    Raises:
        LeapError: material is missing, or the split is unknown or has no dense labels.
    """
    names = store.ids(split)
    audio, visual = (labels.numpy().astype(np.uint8) for labels in store.videos(split).truth())  # (N, T, C)
    renderings = RENDERERS[store.dataset](store, material, split, indices)
    return [
        Example(names[index], rendering, audio[index], visual[index])
        for index, rendering in zip(indices, renderings, strict=True)
    ]


def example_figure(example: Example, classes: Sequence[str]) -> Figure:
    """Waveform, spectrogram, frames and dense labels of a video, stacked vertically."""
    segments = len(example.audio)
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    wave, spectrogram, frames, labels = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1.4, 1.3, 1])
    samples = example.waveform()
    wave.plot(np.arange(len(samples)) / RATE, samples, color=AUDIO, linewidth=0.3)
    wave.set(ylabel="sound", yticks=[], xlim=(0, segments), title=example.name)
    spectrogram.specgram(samples, NFFT=256, Fs=RATE, noverlap=128, cmap=HEATMAP)
    spectrogram.set(ylabel="Hz")
    for t, frame in enumerate(example.rendering.frames):
        frames.imshow(frame, extent=(t + 0.05, t + 0.95, 0, 1), cmap="gray_r", vmin=0, vmax=1)
    frames.set(ylabel="frames", yticks=[], xlim=(0, segments), ylim=(0, 1), aspect="auto")
    _draw_labels(labels, example, classes)
    return figure


def layout_figure(llp: Summary, ours: Summary, dataset: str) -> Figure:
    """Distributions of event onsets, lengths and gaps in LLP and a data set, one row of panels per modality.

    Args:
        llp: measures of LLP's layouts, from `leap.data.layouts.summarise`.
        ours: the same measures of the data set.
        dataset: name of the data set.
    """
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    for row, (modality, colour) in zip(figure.subplots(2, 3), MODALITY_COLOURS.items(), strict=True):
        palette = {"LLP": TRUTH, dataset: colour}
        for axis, (name, title) in zip(row, DISTRIBUTIONS.items(), strict=True):
            first = 0 if name == "first_onsets" else 1
            fractions = {"LLP": llp[f"{modality}_{name}"], dataset: ours[f"{modality}_{name}"]}
            draw_distributions(axis, fractions, palette, first, legend=name == "first_onsets")
            axis.set(xlabel=title, ylabel=f"fraction, {modality}")
    return figure


def _draw_labels(axis: Axes, example: Example, classes: Sequence[str]) -> None:
    for y, dense, colour in ((1, example.audio, AUDIO), (0, example.visual, VISUAL)):
        for t, active in enumerate(dense):
            names = "\n".join(classes[int(c)] for c in np.flatnonzero(active))
            axis.text(t + 0.5, y + 0.5, names, color=colour, ha="center", va="center", fontsize=8)
    axis.set(xlabel="second", yticks=[0.5, 1.5], yticklabels=["visual", "audio"], ylim=(0, 2))
    axis.set_xticks(range(len(example.audio) + 1))
    axis.axhline(1, color="0.8", linewidth=0.6)
