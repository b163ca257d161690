"""Against an independent computation: SciPy's short-time transform, filters from their definition."""

from math import log

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import ShortTimeFFT, resample_poly
from scipy.signal.windows import hann

from leap.features.log_mel import log_mel, log_mel_patch, mel_filters


def mel(hertz):
    return 1127 * log(1 + hertz / 700)


def filters():
    """Triangles whose sides are straight in mel, (257, 64)."""
    table = np.zeros((257, 64))
    edges = [mel(125) + (mel(7500) - mel(125)) * i / 65 for i in range(66)]
    for bin_, band in np.ndindex(257, 64):
        left, centre, right = edges[band : band + 3]
        at = mel(bin_ * 16_000 / 512)
        if left < at <= centre:
            table[bin_, band] = (at - left) / (centre - left)
        elif centre < at < right:
            table[bin_, band] = (right - at) / (right - centre)
    return table


def by_scipy(samples):
    transform = ShortTimeFFT(hann(400, sym=False), 160, 16_000, mfft=512, phase_shift=None)
    count = 1 + (len(samples) - 400) // 160
    # the first whole window is centred on sample 200
    centred = transform.stft(np.concatenate([np.zeros(120), samples, np.zeros(400)]), padding="zeros")
    offset = transform.p_min
    shift = (200 + 120) // 160 - offset
    return np.log(np.abs(centred[:, shift : shift + count]).T @ filters() + 0.01)


def test_filters_are_triangles_in_mel():
    np.testing.assert_allclose(mel_filters(), filters(), atol=1e-12)


@pytest.mark.parametrize("length", [400, 1000, 16_000])
def test_log_mel_is_that_of_scipy(length):
    samples = np.random.default_rng(length).uniform(-1, 1, length)
    found = log_mel(samples)
    assert found.shape == (1 + (length - 400) // 160, 64)
    np.testing.assert_allclose(found, by_scipy(samples), atol=1e-9)


def test_log_mel_of_recordings_is_that_of_scipy(recordings):
    for path in sorted(recordings.glob("*_0.wav"))[:10]:
        rate, samples = wavfile.read(path)
        sound = resample_poly(samples / 32768, 16_000, rate)
        np.testing.assert_allclose(log_mel(sound), by_scipy(sound), atol=1e-9)


def test_a_tone_is_in_its_band():
    edges = np.linspace(mel(125), mel(7500), 66)
    for band in (5, 20, 40, 60):
        hertz = 700 * (np.exp(edges[band + 1] / 1127) - 1)
        spectrum = log_mel(np.sin(2 * np.pi * hertz * np.arange(16_000) / 16_000))
        assert (spectrum.argmax(axis=1) == band).mean() > 0.9


def test_a_second_is_one_patch_and_silence_is_the_offset():
    assert log_mel_patch(np.zeros(16_000, np.float32)).shape == (96, 64)
    assert (log_mel(np.zeros(1000)) == log(0.01)).all()


def test_the_offset_is_added_to_magnitudes():
    samples = np.random.default_rng(0).uniform(-1, 1, 2000)
    found = np.exp(log_mel(samples, offset=0.001)) - np.exp(log_mel(samples))
    np.testing.assert_allclose(found, 0.001 - 0.01, atol=1e-9)
    assert (log_mel_patch(np.zeros(16_000), offset=0.001) == log(0.001)).all()
