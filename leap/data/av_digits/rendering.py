"""Render the sound and the frames of a video from its labels.

Sound: one speaker per video and digit. In every segment in which a digit is heard, one of the speaker's
recordings starts at a random onset, at a level that drifts between segments, over colored noise. Frames:
each visible digit keeps its handwriting and stays at one position, jittered by up to two pixels, under
crossing bars and noise; some frames are faded. The levels were chosen to bring the scores of the MMIL
baseline into the range published for LLP; no other system was scored for this choice. Three easier levels and
one harder level were discarded.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.data.av_digits.sources import IMAGE, RATE, Images, Sounds, load_images, load_sounds
from leap.errors import require

Labels = NDArray[np.uint8]
Samples = NDArray[np.float32]

SPLIT_SEEDS = {"student": 0, "teacher": 1, "train": 2, "val": 3, "test": 4}
REFERENCE_RMS = 0.1  # of a recording at 0 dB; full scale is 1
SPEECH_DB = (-15.0, 0.0)
DRIFT_DB = 2.0
BACKGROUND_DB = (-11.0, 5.0)
BACKGROUND_SLOPE = (0.0, 2.0)  # power falls as 1 / frequency^slope

FRAME = 32  # height and width in pixels
TILT = 12.0  # degrees
INK = (0.7, 1.0)
JITTER = 2  # pixels
MAX_BARS = 3
BAR_INK = (0.3, 0.8)
NOISE = 0.24
FADED_SHARE = 0.25
FADED_INK = (0.25, 0.5)


class Material(NamedTuple):
    """Recordings and handwriting of one role."""

    sounds: Sounds
    images: Images


class Rendering(NamedTuple):
    """One video: its waveform at 8 kHz, (T, 8000), and one frame per segment, (T, 32, 32)."""

    waveform: Samples
    frames: Samples


def load_material(recordings: Path, role: str) -> Material:
    """Read the recordings and the handwriting of a role.

    Raises:
        LeapError: a recording cannot be read, or an extra is not installed.
    """
    return Material(load_sounds(recordings, role), load_images(role))


def render(
    split: str, index: int, audio: Labels, visual: Labels, material: Material, seed: int = 0
) -> Rendering:
    """Render one video; equal arguments give equal videos.

    Args:
        split: ``"train"``, ``"val"`` or ``"test"``, or a role of the networks.
        index: position of the video in the split.
        audio: dense audio labels, (T, 10).
        visual: dense visual labels, (T, 10).
        material: material of the split, from `load_material`.
        seed: seed of the data set.

    Raises:
        LeapError: the ``media`` extra is not installed.
    """
    rng = np.random.default_rng([seed, SPLIT_SEEDS[split], index])
    return Rendering(_render_sound(audio, material.sounds, rng), _render_frames(visual, material.images, rng))


def _render_sound(active: Labels, sounds: Sounds, rng: np.random.Generator) -> Samples:
    waveform = _background(len(active), rng)  # (T, RATE)
    for digit in np.flatnonzero(active.any(0)):
        recordings = sounds[digit][rng.choice(list(sounds[digit]))]
        level = rng.uniform(*SPEECH_DB)
        for segment in np.flatnonzero(active[:, digit]):
            level = np.clip(level + rng.normal(0, DRIFT_DB), *SPEECH_DB)
            recording = recordings[rng.integers(len(recordings))]
            onset = rng.integers(RATE - len(recording) + 1)
            waveform[segment, onset : onset + len(recording)] += _amplitude(level) * recording
    return waveform


def _background(segments: int, rng: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(segments * RATE))
    slope = rng.uniform(*BACKGROUND_SLOPE)
    spectrum[1:] *= np.arange(1, len(spectrum)) ** (-slope / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum)
    noise *= _amplitude(rng.uniform(*BACKGROUND_DB)) / noise.std()
    return noise.reshape(segments, RATE).astype(np.float32)


def _amplitude(decibels: float) -> float:
    return REFERENCE_RMS * 10 ** (decibels / 20)


def _render_frames(active: Labels, images: Images, rng: np.random.Generator) -> Samples:
    rotate = require("scipy.ndimage", "media").rotate
    ink = np.zeros((len(active), FRAME, FRAME), np.float32)  # (T, FRAME, FRAME)
    for digit in np.flatnonzero(active.any(0)):
        image = images[digit][rng.integers(len(images[digit]))] * rng.uniform(*INK)
        image = rotate(image, rng.uniform(-TILT, TILT), reshape=False, order=1)
        place = rng.integers(FRAME - IMAGE + 1, size=2)
        for segment in np.flatnonzero(active[:, digit]):
            y, x = np.clip(place + rng.integers(-JITTER, JITTER + 1, size=2), 0, FRAME - IMAGE)
            patch = ink[segment, y : y + IMAGE, x : x + IMAGE]
            np.maximum(patch, image, out=patch)
    faded = rng.random(len(active)) < FADED_SHARE
    ink[faded] *= rng.uniform(*FADED_INK, size=(faded.sum(), 1, 1))
    for frame in ink:
        _add_bars(frame, rng)
    return ink + rng.normal(0, NOISE, ink.shape).astype(np.float32)


def _add_bars(frame: Samples, rng: np.random.Generator) -> None:
    y, x = np.mgrid[:FRAME, :FRAME]
    for _ in range(rng.integers(MAX_BARS + 1)):
        angle = rng.uniform(0, np.pi)
        through_y, through_x = rng.uniform(0, FRAME, size=2)
        distance = np.abs((x - through_x) * np.sin(angle) - (y - through_y) * np.cos(angle))
        np.maximum(frame, rng.uniform(*BAR_INK) * (distance < 1), out=frame, casting="same_kind")
