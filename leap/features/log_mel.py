"""Log-mel spectrograms, the input of VGGish (Hershey et al., ICASSP 2017, arXiv 1609.09430) and of YAMNet.

Constants and formulas are those of ``mel_features.py`` and ``vggish_params.py`` in AudioSet's release
(``tensorflow/models``, ``research/audioset/vggish``).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
WINDOW, HOP, FFT_LENGTH = 400, 160, 512
"""Window (25 ms), hop (10 ms) and length of the Fourier transform, in samples."""

MEL_BANDS, MIN_HERTZ, MAX_HERTZ = 64, 125.0, 7500.0

LOG_OFFSET = 0.01
"""Added to magnitudes before the logarithm by VGGish."""

PATCH_FRAMES = 96
"""Spectrogram frames of either network's input: 0.96 s."""

Array = NDArray[np.float64]


def log_mel(samples: NDArray[np.floating], offset: float = LOG_OFFSET) -> Array:
    """Log-mel spectrogram of magnitudes; samples after the last whole window are dropped.

    Args:
        samples: mono audio at 16 kHz in −1…1, (n,).
        offset: added to magnitudes before the logarithm.

    Returns:
        One row per 10 ms, (1 + (n − 400) // 160, 64).

    Example:
        >>> log_mel(np.zeros(16_000)).shape
        (98, 64)
    """
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), WINDOW)[::HOP]
    magnitudes = np.abs(np.fft.rfft(windows * _hann_window(), FFT_LENGTH))  # (frames, 257)
    return np.log(magnitudes @ mel_filters() + offset)


def log_mel_patch(second: NDArray[np.floating], offset: float = LOG_OFFSET) -> Array:
    """The networks' input for one second: its first 0.96 s, (96, 64).

    Args:
        second: mono audio at 16 kHz in −1…1, (16000,).
        offset: added to magnitudes before the logarithm.
    """
    return log_mel(second, offset)[:PATCH_FRAMES]


@cache
def mel_filters() -> Array:
    """Triangular filters of equal width on the mel scale, one column per band, (257, 64)."""
    edges = np.linspace(_mel(MIN_HERTZ), _mel(MAX_HERTZ), MEL_BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = _mel(np.linspace(0.0, SAMPLE_RATE / 2, FFT_LENGTH // 2 + 1))[:, None]  # (257, 1)
    triangles = np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre))
    triangles[0] = 0.0  # the DC component is excluded
    return np.maximum(triangles, 0.0)


@cache
def _hann_window() -> Array:
    """The periodic Hann window, (400,)."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def _mel(hertz: float | Array) -> Array:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)
