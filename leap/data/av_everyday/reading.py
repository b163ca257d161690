"""Read recordings and photographs in the form in which they are mixed: one bandwidth, level and size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError, require
from leap.io.reason import os_reason

RATE = 8000
"""Samples per second of all sound: the spoken digits have no more, so nothing above 4 kHz is kept."""

WINDOW = RATE // 20
"""Samples per window in which energy is measured."""

SILENCE_DB = -25.0
"""Windows this far below the loudest one are silent."""

SIDE = 64
"""Shorter side of every photograph in pixels: the views of the sea have no more."""

Samples = NDArray[np.float32]
Picture = NDArray[np.uint8]


def read_sound(path: Path) -> Samples:
    """Read a recording as mono at 8 kHz, without silence at its ends, its sounding windows of unit power.

    Raises:
        LeapError: the file is missing, damaged or silent, or the ``media`` extra is not installed.
    """
    av = require("av", "media")
    try:
        with av.open(str(path)) as container:
            blocks = [frame.to_ndarray()[0] for frame in _resampled(container)]
    except (OSError, ValueError, IndexError, EOFError) as error:  # PyAV's errors are of these kinds
        why = os_reason(error) or "not a sound recording"
        raise LeapError(f"{path}: {why}; fetch the material again") from None
    samples = np.concatenate([*blocks, np.zeros(0, np.float32)])
    if not samples.any():
        raise LeapError(f"{path}: a silent recording; fetch the material again")
    return _level(samples)


def read_picture(path: Path) -> Picture:
    """Read a photograph, (height, width, 3), whose shorter side has at most 64 pixels.

    Raises:
        LeapError: the file is missing or damaged, or the ``media`` extra is not installed.
    """
    image = require("PIL.Image", "media")
    try:
        with image.open(path) as file:
            picture = file.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        why = os_reason(error) or "not a photograph"
        raise LeapError(f"{path}: {why}; fetch the material again") from None
    scale = min(1, SIDE / min(picture.size))
    size = [max(1, round(length * scale)) for length in picture.size]
    return np.asarray(picture.resize(size, image.Resampling.BICUBIC))


def window_power(samples: Samples) -> Samples:
    """Mean power of each whole or partial window of samples, (windows,)."""
    padded = np.pad(samples, (0, -len(samples) % WINDOW))
    return (padded.reshape(-1, WINDOW) ** 2).mean(1)


def _level(samples: Samples) -> Samples:
    power = window_power(samples)  # (windows,)
    loud = power > power.max() * 10 ** (SILENCE_DB / 10)
    first, *_, last = np.flatnonzero(loud) if loud.sum() > 1 else np.flatnonzero(loud).repeat(2)
    return samples[first * WINDOW : (last + 1) * WINDOW] / np.sqrt(power[loud].mean())


def _resampled(container) -> Iterator:  # type: ignore[no-untyped-def]
    resampler = require("av", "media").AudioResampler(format="flt", layout="mono", rate=RATE)
    for frame in container.decode(audio=0):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
