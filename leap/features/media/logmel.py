"""The log-mel spectrogram that VGGish reads (Hershey et al., ICASSP 2017), as published."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
WINDOW, HOP, FFT = 400, 160, 512
"""Samples: 25 ms, 10 ms, and the transform's length."""

BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
OFFSET = 0.01
"""Added to the energies before the logarithm."""

PATCH = 96
"""Frames of a patch: 0.96 s."""

Array = NDArray[np.float64]


def log_mel(samples: NDArray[np.floating]) -> Array:
    """Log-mel spectrogram of sound at 16 kHz, (frames, 64).

    Magnitudes, not powers, of windows of 25 ms every 10 ms; only whole windows are taken.

    Args:
        samples: mono sound in −1…1, (n,).
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), WINDOW)[::HOP]
    magnitudes = np.abs(np.fft.rfft(windows * _window(), FFT))  # (frames, 257)
    return np.log(magnitudes @ mel_filters() + OFFSET)


def patch(second: NDArray[np.floating]) -> Array:
    """The patch of 0.96 s that stands for one second, (96, 64).

    Args:
        second: its samples, (16000,).
    """
    return log_mel(second)[:PATCH]


@cache
def mel_filters() -> Array:
    """Triangles of equal width on the mel scale over the bins of the transform, (257, 64)."""
    edges = np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = _mel(np.linspace(0.0, RATE / 2, FFT // 2 + 1))[:, None]
    triangles = np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre))
    triangles[0] = 0.0  # the mean of the signal is no sound
    return np.maximum(triangles, 0.0)


@cache
def _window() -> Array:
    """The periodic Hann window, (400,)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def _mel(hertz: float | Array) -> Array:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)
