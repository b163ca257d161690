"""Figures of an embedded data set: signals and labels of a video, and distributions of event times."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from leap.visualization.palette import AUDIO, HEATMAP, MODALITY_COLOURS, TRUTH, VISUAL, WIDTH

DISTRIBUTIONS = {
    "first_onsets": "first onset (second)",
    "run_lengths": "length of an event (s)",
    "gap_lengths": "gap within a class (s)",
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

LAYOUT = (
    "Bar charts in three rows (first onset, length of an event, gap within a class) and two columns (audio "
    "and visual). At every number of seconds, a dark bar has the fraction in LLP and a coloured bar that of "
    "the data set."
)
"""Alternative text of `layout_figure`."""


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
    present = np.flatnonzero((example.audio | example.visual).any(axis=0))
    heights = [0.8, 1.2, 0.7, 0.4 * max(len(present), 1)]
    figure = Figure(figsize=(WIDTH, 1.6 + sum(heights)), layout="constrained")
    wave, spectrogram, frames, labels = figure.subplots(4, 1, sharex=True, height_ratios=heights)
    samples = example.waveform()
    wave.plot(np.arange(len(samples)) / RATE, samples, color=AUDIO, linewidth=0.3)
    wave.set(ylabel="amplitude", yticks=[], xlim=(0, segments), title=example.name)
    spectrogram.specgram(samples, NFFT=256, Fs=RATE, noverlap=128, cmap=HEATMAP)
    spectrogram.set(ylabel="frequency\n(Hz)", yticks=[0, RATE // 4, RATE // 2])
    for t, frame in enumerate(example.rendering.frames):
        frames.imshow(frame, extent=(t + 0.05, t + 0.95, 0, 1), cmap="gray_r", vmin=0, vmax=1)
    frames.set(ylabel="frames", yticks=[], xlim=(0, segments), ylim=(0, 1), aspect="auto")
    _draw_labels(labels, example, {int(c): classes[int(c)] for c in present})
    return figure


def layout_figure(llp: Summary, ours: Summary, dataset: str) -> Figure:
    """Distributions of event onsets, lengths and gaps in LLP and a data set, a column per modality.

    Args:
        llp: measures of LLP's layouts, from `leap.data.layouts.summarise`.
        ours: the same measures of the data set.
        dataset: name of the data set.
    """
    figure = Figure(figsize=(WIDTH, 7.4), layout="constrained")
    axes = figure.subplots(3, 2, sharey="row")
    for column, (modality, colour) in zip(axes.T, MODALITY_COLOURS.items(), strict=True):
        palette = {"LLP": TRUTH, dataset: colour}
        for axis, (name, title) in zip(column, DISTRIBUTIONS.items(), strict=True):
            first = 0 if name == "first_onsets" else 1
            fractions = {"LLP": llp[f"{modality}_{name}"], dataset: ours[f"{modality}_{name}"]}
            draw_distributions(axis, fractions, palette, first, legend=name == "first_onsets")
            axis.set(xlabel=title, ylabel="fraction", xticks=range(0, 11, 2))
        column[0].set_title(modality)
    return figure


def _draw_labels(axis: Axes, example: Example, classes: Mapping[int, str]) -> None:
    """Draw a row per class, with a bar in each second in which it is heard (above) or seen (below)."""
    for row, c in enumerate(classes):
        for dense, y, colour in ((example.audio, row + 0.1, AUDIO), (example.visual, row + 0.5, VISUAL)):
            seconds = [(int(t), 1) for t in np.flatnonzero(dense[:, c])]
            axis.broken_barh(seconds, (y, 0.4), facecolors=colour)
    axis.set(xlabel="second (upper bar: heard, lower bar: seen)", ylim=(max(len(classes), 1), 0))
    axis.set_yticks(np.arange(len(classes)) + 0.5, list(classes.values()))
    axis.set_xticks(range(len(example.audio) + 1))
    axis.grid(axis="x", alpha=0.3)
