"""Streaming decoders for the audio and the frames of a clip; memory does not grow with its duration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError, require
from leap.features.log_mel import SAMPLE_RATE
from leap.features.media.clip import Clip, audio_stream, open_container, video_stream

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
else:
    av = require("av", "media")

FRAME_RATE = 8
"""Frames per second from which LLP's features were extracted."""

MAX_DRIFT = 0.1
"""Largest deviation of samples from their time stamps, in seconds, that is left uncorrected."""

Samples = NDArray[np.float32]
Frame = NDArray[np.uint8]


def audio_seconds(clip: Clip, rate: int = SAMPLE_RATE) -> Iterator[Samples]:
    """Decode the audio stream as mono, second by second; missing audio becomes silence.

    Args:
        clip: the file.
        rate: samples per second.

    Yields:
        The samples of each of the T seconds, (rate,) float32 in −1…1.

    Raises:
        LeapError: the audio stream is damaged.
    """
    left = clip.segments
    rest = np.zeros(0, np.float32)
    for samples in _aligned_samples(clip, rate) if clip.has_audio else ():
        rest = np.concatenate([rest, samples])
        while len(rest) >= rate and left:
            yield rest[:rate]
            rest, left = rest[rate:], left - 1
        if not left:
            return
    for _ in range(left):
        yield np.pad(rest, (0, rate - len(rest)))
        rest = rest[:0]


def frames(clip: Clip, rate: int = FRAME_RATE) -> Iterator[Frame]:
    """Decode the frames shown at the times 0, 1/rate, 2/rate, … s.

    Rotation metadata is applied. The first frame also stands for times before it, the last for times after.

    Args:
        clip: the file.
        rate: frames per second.

    Yields:
        Each of the T · rate frames, (height, width, 3) uint8, RGB.

    Raises:
        LeapError: the video stream is damaged or missing.
    """
    if not clip.has_video:
        raise LeapError(f"{clip.path}: has no video stream")
    wanted, count, shown = clip.segments * rate, 0, None
    with open_container(clip.path) as container:
        for time, frame in _timed_frames(clip, container):
            while shown is not None and count < wanted and count < time * rate:
                yield shown()
                count += 1
            if count == wanted:
                return
            shown = _converted_once(frame)
        if shown is None:
            raise LeapError(f"{clip.path}: none of its frames can be decoded; it is empty or cut off")
        for _ in range(count, wanted):
            yield shown()


def _converted_once(frame: av.VideoFrame) -> Callable[[], Frame]:
    """A function that converts a frame to RGB and rotates it upright; the first call's result is cached."""
    converted: list[Frame] = []

    def upright() -> Frame:
        """The frame, (height, width, 3)."""
        if not converted:
            converted.append(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))
        return converted[0]

    return upright


def _timed_frames(clip: Clip, container: InputContainer) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames and their times in seconds from the clip's origin, made non-decreasing."""
    time, most = 0.0, clip.limits.rate * max(clip.seconds, 1)
    decoded = cast(Iterator["av.VideoFrame"], container.decode(video_stream(container)))
    for count, frame in enumerate(decoded):
        if count > most or frame.width * frame.height > clip.limits.pixels:
            raise LeapError(f"{clip.path}: has more or larger frames than the limits allow")
        if frame.time is not None:
            time = max(time, frame.time - float(clip.origin))
        yield time, frame


def _aligned_samples(clip: Clip, rate: int) -> Iterator[Samples]:
    """Blocks of samples from the clip's origin on, with silence where the stream has gaps."""
    written = 0
    with open_container(clip.path) as container:
        for start, samples in _resampled(container, rate):
            place = written if start is None else round((start - float(clip.origin)) * rate)
            if abs(place - written) > MAX_DRIFT * rate or (not written and place > 0):
                yield from (np.zeros(min(rate, place - at), np.float32) for at in range(written, place, rate))
                samples = samples[max(0, written - place) :]
                written = max(written, place)
            written += len(samples)
            yield samples


def _resampled(container: InputContainer, rate: int) -> Iterator[tuple[float | None, Samples]]:
    """Blocks of mono samples, each with the time of its first sample in seconds of the file's clock."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    decoded = cast(Iterator["av.AudioFrame"], container.decode(audio_stream(container)))
    for frame in chain(decoded, [None]):  # None flushes the resampler
        for part in resampler.resample(frame):
            yield part.time, part.to_ndarray()[0].clip(-1, 1)
