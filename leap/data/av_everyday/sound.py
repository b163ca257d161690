"""Render the sound of a video from its layout, and say in which seconds each class is heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leap.data.av_everyday.reading import RATE, Samples

SOUND_DB = (-12.0, 0.0)
"""Level of an event; 0 dB is unit power."""

BACKGROUND_DB = (-18.0, -2.0)
BACKGROUND_SLOPE = (0.0, 2.0)
"""Level of the noise in the background, and its slope: power falls as 1 / frequency^slope."""

MARGIN = 0.4
"""Longest time in seconds by which a sound begins after, or ends before, its run of segments."""

GAP = (0.05, 0.4)
"""Silence between two takes of a recording, in seconds."""

FADE = RATE // 100
HEARD_DB = -15.0
"""A class is heard in a second whose mean power is above this, relative to the level of the event."""

RMS = 0.1
"""Level of every waveform: no class can be told by how loud its videos are."""

Labels = NDArray[np.uint8]
Sounds = list[list[list[Samples]]]
"""Class → recordings → takes."""


def render_sound(layout: Labels, sounds: Sounds, rng: np.random.Generator) -> tuple[Samples, Labels]:
    """Render a waveform.

    Every class has one recording per video. In each run of segments, takes of it follow one another, from a
    random onset on, at a level of their own.

    Args:
        layout: segments in which each class may be heard, (T, C).
        sounds: the recordings.
        rng: random generator.

    Returns:
        Waveform at 8 kHz, (T, 8000), and the segments in which each class is heard, (T, C), which are among
        those of ``layout``: recordings hold silence.
    """
    segments = len(layout)
    waveform = _background(segments, rng)
    heard = np.zeros_like(layout)
    for label in np.flatnonzero(layout.any(0)):
        recording = sounds[label][rng.integers(len(sounds[label]))]
        for start, end in _runs(layout[:, label]):
            event = _event(recording, end - start, rng)  # ((end - start) · RATE,)
            power = (event.reshape(-1, RATE) ** 2).mean(1)  # (end - start,)
            heard[start:end, label] = power > 10 ** (HEARD_DB / 10)
            waveform[start * RATE : end * RATE] += event * _amplitude(rng.uniform(*SOUND_DB))
    waveform *= RMS / np.sqrt(np.mean(waveform**2))
    return waveform.reshape(segments, RATE).astype(np.float32), heard


def _event(takes: list[Samples], seconds: int, rng: np.random.Generator) -> Samples:
    event = np.zeros(seconds * RATE, np.float32)
    place = round(rng.uniform(0, MARGIN) * RATE)
    stop = len(event) - round(rng.uniform(0, MARGIN) * RATE)
    while place < stop:
        take = takes[rng.integers(len(takes))]
        begin = rng.integers(max(len(take) - (stop - place), 0) + 1)
        piece = _faded(take[begin : begin + stop - place])
        event[place : place + len(piece)] = piece
        place += len(piece) + round(rng.uniform(*GAP) * RATE)
    return event


def _faded(piece: Samples) -> Samples:
    ramp = np.minimum(np.arange(1, len(piece) + 1) / FADE, 1)
    return (piece * ramp * ramp[::-1]).astype(np.float32)


def _background(segments: int, rng: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.standard_normal(segments * RATE))
    spectrum[1:] *= np.arange(1, len(spectrum)) ** (-rng.uniform(*BACKGROUND_SLOPE) / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum)
    return noise * (_amplitude(rng.uniform(*BACKGROUND_DB)) / noise.std())


def _amplitude(decibels: float) -> float:
    return 10 ** (decibels / 20)


def _runs(active: Labels) -> list[tuple[int, int]]:
    change = np.flatnonzero(np.diff(np.pad(active.astype(np.int8), 1)))
    return list(zip(change[::2].tolist(), change[1::2].tolist(), strict=True))
