import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from leap.errors import LeapError
from leap.features.media import audio_seconds, frames, open_clip
from tests.features.media.clips import numbered, tone, write_clip


def numbers(path, rate=8):
    """Numbers of the pictures that are taken."""
    return [int(picture[0, 0, 0]) for picture in frames(open_clip(path), rate)]


@pytest.mark.parametrize("rate", [5, 8, 25, 30])
def test_frames_are_those_shown_at_each_eighth_of_a_second(tmp_path, rate):
    path = write_clip(tmp_path / "a.mkv", numbered(2 * rate), rate=rate)
    assert numbers(path) == [k * rate // 8 for k in range(16)]


def test_frames_of_a_variable_rate(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(4), times=[0, 0.3, 1.7, 1.9], samples=tone(3))
    assert numbers(path) == [0] * 3 + [1] * 11 + [2] * 2 + [3] * 8


def test_before_the_first_frame_and_after_the_last_it_is_taken(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(2), times=[1, 1.5], samples=tone(3))
    assert numbers(path) == [0] * 12 + [1] * 12


def test_frames_are_exact_and_in_rgb(tmp_path):
    pictures = np.random.default_rng(0).integers(256, size=(8, 16, 24, 3), dtype=np.uint8)
    assert np.array_equal(
        np.stack(list(frames(open_clip(write_clip(tmp_path / "a.mkv", pictures))))), pictures
    )


MEASURE = """
import sys
from leap.features.media import audio_seconds, frames, open_clip
clip = open_clip(sys.argv[1])
for made in (frames(clip), audio_seconds(clip)):
    for _ in made:
        pass
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))  # KiB
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_memory_does_not_grow_with_length(tmp_path):
    """Of 120 s of such frames there are 220 MB; the peak may rise by 16."""
    peaks = []
    for seconds in (5, 120):
        pictures = numbered(2, height=240, width=320)
        path = write_clip(
            tmp_path / f"{seconds}.mkv", pictures, times=[0, seconds - 0.5], samples=tone(seconds)
        )
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True
        )
        peaks.append(int(run.stdout))
    assert peaks[1] < peaks[0] + 2**14, peaks


def test_sound_is_what_was_recorded(tmp_path):
    samples = tone(2.5)
    seconds = list(audio_seconds(open_clip(write_clip(tmp_path / "a.mkv", samples=samples))))
    assert [len(second) for second in seconds] == [16_000] * 3
    assert seconds[0].dtype == np.float32
    heard = np.concatenate(seconds)
    np.testing.assert_allclose(heard[: len(samples)], samples, atol=1e-4)
    assert (heard[len(samples) :] == 0).all()


def test_sound_of_another_rate_and_two_channels_becomes_mono_at_16_khz(tmp_path):
    stereo = np.stack([tone(2, rate=44_100), np.zeros(88_200)], axis=1)
    path = write_clip(tmp_path / "a.mkv", samples=stereo, sound_rate=44_100)
    heard = np.concatenate(list(audio_seconds(open_clip(path))))
    assert heard.shape == (32_000,)
    middle = slice(1000, -1000)
    scale = np.abs(heard[middle]).max() / 0.5
    assert 0.4 < scale < 0.8  # the mean of both, or their sum in power
    np.testing.assert_allclose(heard[middle], scale * tone(2)[middle], atol=0.01)


def test_sound_that_begins_later_is_placed_there(tmp_path):
    path = write_clip(tmp_path / "a.mkv", numbered(24), samples=tone(1), sound_start=1.5)
    heard = np.concatenate(list(audio_seconds(open_clip(path))))
    assert (heard[:24_000] == 0).all()
    np.testing.assert_allclose(heard[24_000:40_000], tone(1), atol=1e-4)
    assert len(heard) == 48_000


def test_streams_that_are_missing(tmp_path):
    silent = open_clip(write_clip(tmp_path / "silent.mkv", numbered(16)))
    assert (np.stack(list(audio_seconds(silent))) == np.zeros((2, 16_000))).all()
    heard = open_clip(write_clip(tmp_path / "heard.mkv", samples=tone(1)))
    with pytest.raises(LeapError, match="no video stream"):
        next(frames(heard))


def rotated(path, matrix):
    """An MP4 file whose pictures are to be turned by the matrix of its track header."""
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 4 + 40  # version 0: flags, times, id, duration, layer, volume
    content[place : place + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(content)
    return path


ONE, END = 1 << 16, 1 << 30
TURNS = {0: (ONE, 0, 0, ONE), 1: (0, -ONE, ONE, 0), 2: (-ONE, 0, 0, -ONE), 3: (0, ONE, -ONE, 0)}
"""Matrices that turn counter-clockwise by quarters."""


@pytest.mark.parametrize("quarters", TURNS)
def test_pictures_are_upright(tmp_path, quarters):
    pictures = np.zeros((8, 16, 24, 3), np.uint8)
    pictures[:, :8, :12] = 200  # the upper left quarter is bright
    a, b, c, d = TURNS[quarters]
    path = rotated(write_clip(tmp_path / "a.mp4", pictures), (a, b, 0, c, d, 0, 0, 0, END))
    shown = next(frames(open_clip(path)))
    assert np.array_equal(shown, np.rot90(pictures[0], quarters))
