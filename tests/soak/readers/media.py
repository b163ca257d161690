"""Media files: every second of sound and every frame, or one line."""

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from leap.features.log_mel import SAMPLE_RATE
from leap.features.media import Clip, Limits, audio_seconds, frames, open_clip
from leap.features.media.video import FRAME_RATE
from tests.features.media.clips import numbered, tone, write_clip, write_coded_clip
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_bytes

LIMITS = Limits(seconds=60, pixels=2**20)


@cache
def samples() -> tuple[bytes, ...]:
    """A second in three containers, by five codecs."""
    pictures, heard = numbered(8), tone(1, rate=48_000)
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = (
            write_coded_clip(folder / "a.mp4", pictures, heard, "mpeg4", "aac"),
            write_coded_clip(folder / "a.webm", pictures, heard, "libvpx", "libopus"),
            write_clip(folder / "a.mkv", pictures, samples=heard[::3]),
        )
        return tuple(file.read_bytes() for file in files)


def read(folder: Path, rng: Random) -> tuple[Clip, list[np.ndarray], list[np.ndarray]]:
    """Open and decode a damaged file."""
    path = folder / "clip.mp4"
    path.write_bytes(mutated_bytes(rng, rng.choice(samples()), rng.choice(samples())))
    clip = open_clip(path, LIMITS)
    return clip, list(audio_seconds(clip)), list(frames(clip)) if clip.has_video else []


def check(clip: Clip, heard: list[np.ndarray], seen: list[np.ndarray]) -> None:
    """T seconds of finite sound, which may exceed full scale, and eight frames of each."""
    assert len(heard) == clip.segments
    assert all(second.shape == (SAMPLE_RATE,) and np.isfinite(second).all() for second in heard)
    assert len(seen) == (FRAME_RATE * clip.segments if clip.has_video else 0)
    assert all(picture.dtype == np.uint8 and picture.shape[2:] == (3,) for picture in seen)


KINDS = {"media files": Kind(60, 20_000, read, check, lazy=True)}
