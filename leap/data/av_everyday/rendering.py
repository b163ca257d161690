"""Render videos: layouts with LLP's statistics, sound and frames from the material of one role."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from leap.data.av_everyday.picture import Frames, Labels, Pictures, render_frames
from leap.data.av_everyday.reading import Samples, read_picture, read_sound
from leap.data.av_everyday.sound import Sounds, render_sound
from leap.data.av_everyday.sources import BACKGROUND, SOURCES, VISIBLE, role_pictures, role_recordings
from leap.data.layouts import load_statistics, sample_layouts

SPLIT_SEEDS = {"train": 0, "val": 1, "test": 2, "teacher": 3}
MAX_CLASSES = 3
ONLY_HEARD = 0.5
"""Fraction of the events without a visible part that are of a class that cannot be seen at all."""


class Material(NamedTuple):
    """Recordings and photographs of one role."""

    sounds: Sounds
    pictures: Pictures


class Rendering(NamedTuple):
    """One video.

    Attributes:
        waveform: sound at 8 kHz, (T, 8000).
        frames: one frame per segment, (T, 128, 128, 3) uint8.
        heard: dense audio labels, (T, C).
        seen: dense visual labels, (T, C).
    """

    waveform: Samples
    frames: Frames
    heard: Labels
    seen: Labels


def load_material(material: Path, role: str, rotation: int = 0) -> Material:
    """Read the recordings and photographs of a role.

    Args:
        material: folder of the material.
        role: ``"train"``, ``"val"``, ``"test"`` or ``"teacher"``.
        rotation: rotation of the folds, 0 to 4.

    Raises:
        LeapError: a file is missing or damaged, or the ``media`` extra is not installed.
    """
    sounds = [
        [[read_sound(path) for path in files] for files in recordings.values()]
        for recordings in (role_recordings(material, name, role, rotation) for name in SOURCES)
    ]
    folders = [source.picture for source in SOURCES.values() if source.picture]
    *objects, others = (
        [read_picture(path) for path in role_pictures(material, folder, role, rotation)]
        for folder in (*folders, BACKGROUND)
    )
    return Material(sounds, Pictures(objects, others))


def draw_layouts(split: str, n: int, seed: int = 0) -> tuple[Labels, Labels]:
    """Draw the layouts of ``n`` videos.

    Returns:
        Segments in which each class may be heard, and in which it is seen, each (n, T, C).
    """
    rng = np.random.default_rng([seed, SPLIT_SEEDS[split]])
    drawn = sample_layouts(n, VISIBLE, load_statistics(), rng, MAX_CLASSES)
    layouts = [np.pad(labels, ((0, 0), (0, 0), (0, len(SOURCES) - VISIBLE))) for labels in drawn]
    for heard, seen in zip(*layouts, strict=True):
        _replace_unseen(heard, seen, rng)
    return layouts[0], layouts[1]


def render(split: str, index: int, layout: tuple[Labels, Labels], material: Material, seed: int) -> Rendering:
    """Render one video; equal arguments give equal videos.

    Args:
        split: a split, or ``"teacher"``.
        index: position of the video in the split.
        layout: segments in which each class may be heard, and in which it is seen, each (T, C).
        material: material of the split, from `load_material`.
        seed: seed of the data set.

    Raises:
        LeapError: the ``media`` extra is not installed.
    """
    rng = np.random.default_rng([seed, SPLIT_SEEDS[split], index])
    waveform, heard = render_sound(layout[0], material.sounds, rng)
    return Rendering(waveform, render_frames(layout[1], material.pictures, rng), heard, layout[1])


def _replace_unseen(heard: Labels, seen: Labels, rng: np.random.Generator) -> None:
    """Give some classes that are only heard in a video, (T, C), to classes that cannot be seen, in place."""
    free = iter(rng.permutation(np.arange(VISIBLE, len(SOURCES))))
    for label in np.flatnonzero(heard.any(0) & ~seen.any(0)):
        if rng.random() < ONLY_HEARD:
            other = next(free)
            heard[:, other], heard[:, label] = heard[:, label], 0
