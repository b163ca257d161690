"""Clocks that restart in the middle of a file go on where they stopped."""

import numpy as np
import pytest

from leap.features.media import audio_seconds, frames, open_clip
from tests.features.media.ffmpeg import ffmpeg

PART = 3
"""Seconds of one recording."""

BEEP = (2.0, 2.5)
"""When a recording beeps, in seconds."""


def record(path, *arguments):
    """A recording whose pictures brighten from black to white, with a beep."""
    beep = f"aevalsrc='0.5*sin(2*PI*440*t)*between(t,{BEEP[0]},{BEEP[1]})':s=48000:d={PART}"
    pictures = f"nullsrc=s=64x48:r=25:d={PART},geq=lum='16+219*T/{PART}':cb=128:cr=128"
    ffmpeg("-f", "lavfi", "-i", beep, "-f", "lavfi", "-i", pictures, *arguments, path)
    return path


def beeps(clip):
    """When the beeps of a clip begin, in seconds."""
    heard = np.abs(np.concatenate(list(audio_seconds(clip)))).reshape(-1, 160).max(axis=1) > 0.25
    return np.flatnonzero(np.diff(heard.astype(int), prepend=0) == 1) / 100


def brightness(clip):
    """Brightness of each frame, in seconds since its recording began."""
    return np.array([frame.mean() / 255 * PART for frame in frames(clip)])


RECORDINGS = {
    "ts": ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
    "mpg": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    "nut": ["-c:v", "mpeg4", "-c:a", "mp2"],
    "ogg": ["-map", "0", "-c:a", "libopus"],
    "aac": ["-map", "0", "-c:a", "aac"],
    "flac": ["-map", "0", "-c:a", "flac"],
}
"""Containers in which recordings can be joined byte by byte → how one is made."""


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("kind", RECORDINGS)
def test_recordings_joined_byte_by_byte_follow_each_other(tmp_path, kind, times):
    part = record(tmp_path / f"part.{kind}", *RECORDINGS[kind])
    joined = tmp_path / f"joined.{kind}"
    joined.write_bytes(part.read_bytes() * times)
    clip = open_clip(joined)
    assert clip.segments == times * PART
    starts = np.arange(times) * PART + BEEP[0]
    np.testing.assert_allclose(beeps(clip), starts, atol=0.1 * times)
    if clip.has_video:
        expected = np.arange(times * PART * 8) / 8 % PART
        error = np.abs(brightness(clip) - expected)
        assert (np.minimum(error, PART - error) < 0.25).all()  # at the joint, either recording


def test_streams_that_stop_at_different_times_restart_together(tmp_path):
    """Behind the joint, a beep is heard while the pictures are as bright as in the recording alone."""
    part = record(tmp_path / "part.ts", "-c:v", "mpeg2video", "-c:a", "mp2", "-t", "3")
    longer = tmp_path / "longer.ts"
    sound = f"sine=f=880:d={PART + 0.6}"
    ffmpeg("-i", part, "-f", "lavfi", "-i", sound, "-map", "0:v", "-map", "1:a", "-c:v", "copy", longer)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(longer.read_bytes() + part.read_bytes())
    clip = open_clip(joined)
    begins = beeps(clip)[-1]
    assert begins == pytest.approx(PART + 0.6 + BEEP[0], abs=0.15)
    assert brightness(clip)[int(begins * 8)] == pytest.approx(BEEP[0], abs=0.25)
