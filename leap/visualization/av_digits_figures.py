"""AV-Digits made visible and audible: waveform, spectrogram, frames and labels of a video."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.data.av_digits import load_material, render
from leap.data.av_digits.rendering import Rendering
from leap.data.av_digits.sources import RATE
from leap.data.layouts import Labels, Summary
from leap.data.store import FeatureStore
from leap.visualization.figures import AUDIO, TRUTH, VISUAL

DISTRIBUTIONS = {
    "first_onsets": "first onset (second)",
    "run_lengths": "length of an event (seconds)",
    "gap_lengths": "gap within an event class (seconds)",
}


@dataclass(frozen=True)
class Example:
    """A rendered video with its dense labels, each (T, C)."""

    name: str
    rendering: Rendering
    audio: Labels
    visual: Labels

    def waveform(self) -> np.ndarray:
        """All seconds in a row, at ``RATE`` samples a second."""
        return self.rendering.waveform.reshape(-1)


def examples(store: FeatureStore, recordings: Path, split: str, indices: Sequence[int]) -> list[Example]:
    """Render some videos of a split again from their recordings."""
    videos, names = store.videos(split), store.ids(split)
    material = load_material(recordings, split)
    found = []
    for index in indices:
        audio, visual = (cube[index].numpy().astype(np.uint8) for cube in videos.truth())
        rendering = render(split, index, audio, visual, material, store.provenance["seed"])
        found.append(Example(names[index], rendering, audio, visual))
    return found


def signal_figure(example: Example, classes: Sequence[str]) -> Figure:
    """Waveform, spectrogram, frames, and what is heard and seen in each second."""
    segments = len(example.audio)
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    wave, spectrogram, frames, labels = figure.subplots(4, 1, sharex=True, height_ratios=[1, 1.4, 1.3, 1])
    samples = example.waveform()
    wave.plot(np.arange(len(samples)) / RATE, samples, color=AUDIO, linewidth=0.3)
    wave.set(ylabel="sound", yticks=[], xlim=(0, segments), title=example.name)
    spectrogram.specgram(samples, NFFT=256, Fs=RATE, noverlap=128, cmap="cividis")
    spectrogram.set(ylabel="Hz")
    for t, frame in enumerate(example.rendering.frames):
        frames.imshow(frame, extent=(t + 0.05, t + 0.95, 0, 1), cmap="gray_r", vmin=0, vmax=1)
    frames.set(ylabel="frames", yticks=[], xlim=(0, segments), ylim=(0, 1), aspect="auto")
    _draw_names(labels, example, classes)
    return figure


def layout_figure(reference: Summary, ours: Summary) -> Figure:
    """Onsets, event lengths and gaps of LLP beside ours, by modality."""
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    for row, modality in zip(figure.subplots(2, 3), ("audio", "visual"), strict=True):
        for axis, (name, title) in zip(row, DISTRIBUTIONS.items(), strict=True):
            first = 0 if name == "first_onsets" else 1
            for offset, colour, label, summary in (
                (-0.2, TRUTH, "LLP", reference),
                (0.2, AUDIO if modality == "audio" else VISUAL, "AV-Digits", ours),
            ):
                shares = np.asarray(summary[f"{modality}_{name}"])
                axis.bar(
                    np.arange(first, first + len(shares)) + offset, shares, 0.4, color=colour, label=label
                )
            axis.set(xlabel=title, ylabel=f"share, {modality}")
        row[0].legend(frameon=False)
    return figure


def _draw_names(axis: Axes, example: Example, classes: Sequence[str]) -> None:
    for y, cube, colour in ((1, example.audio, AUDIO), (0, example.visual, VISUAL)):
        for t, active in enumerate(cube):
            names = "\n".join(classes[int(c)] for c in np.flatnonzero(active))
            axis.text(t + 0.5, y + 0.5, names, color=colour, ha="center", va="center", fontsize=8)
    axis.set(xlabel="second", yticks=[0.5, 1.5], yticklabels=["seen", "heard"], ylim=(0, 2))
    axis.set_xticks(range(len(example.audio) + 1))
    axis.axhline(1, color="0.8", linewidth=0.6)
