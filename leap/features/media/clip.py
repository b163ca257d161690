"""Streams and duration of a media file, determined without decoding it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.media.completeness import check_complete
from leap.features.media.container import audio_stream, continuous_packets, open_container, video_stream
from leap.io.progress import with_progress

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MAX_STILLS = 20
"""Largest number of stills of a clip."""

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Limits:
    """Upper limits that a media file must not exceed.

    Attributes:
        bytes: size of the file.
        seconds: duration.
        pixels: width × height of a frame.
        rate: frames or packets per second.
    """

    bytes: int = 2**37
    seconds: float = 24 * 3600 + 1  # a day; streams seldom end on the second
    pixels: int = 2**25
    rate: float = 2000


@dataclass(frozen=True)
class Clip:
    """A media file with an audio stream, a video stream or both.

    Attributes:
        path: the file.
        origin: start of its first stream, in seconds of the file's clock.
        seconds: duration, from ``origin`` to the end of the last stream.
        has_audio: whether it has an audio stream.
        has_video: whether it has a video stream.
        limits: limits under which it was opened and is decoded.
        stills: what `leap.features.media.stills` returns, as far as a pass over the frames has come.
    """

    path: Path
    origin: Fraction
    seconds: float
    has_audio: bool
    has_video: bool
    limits: Limits
    stills: list[Frame] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def segments(self) -> int:
        """Number T of one-second segments: the rounded duration, at least one."""
        return max(1, int(self.seconds + 0.5))

    @property
    def still_interval(self) -> int:
        """Seconds from one still to the next: the fewest with at most `MAX_STILLS` stills."""
        return -(-self.segments // MAX_STILLS)


def open_clip(path: str | Path, limits: Limits = Limits()) -> Clip:
    """Read the streams and the duration of a media file.

    All packets are read but not decoded; memory does not grow with the duration.

    Args:
        path: the file.
        limits: upper limits.

    Raises:
        LeapError: the file is missing, not a media file, damaged or truncated, has neither audio nor video,
            or exceeds the limits.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size > limits.bytes:
        raise LeapError(f"{path}: larger than the limit of {limits.bytes:,} bytes; cut it")
    with open_container(path) as container:
        audio, video = audio_stream(container), video_stream(container)
        streams = [stream for stream in (audio, video) if stream is not None]
        if not streams:
            raise LeapError(f"{path}: has neither an audio nor a video stream")
        if video is not None and video.width * video.height > limits.pixels:
            raise LeapError(f"{path}: {video.width} × {video.height} pixels, the limit is {limits.pixels}")
        origin, end = _extent(path, container, streams, limits)
        return Clip(
            path,
            origin,
            float(end - origin),
            has_audio=audio is not None,
            has_video=video is not None,
            limits=limits,
        )


def _extent(
    path: Path, container: InputContainer, streams: list[AudioStream | VideoStream], limits: Limits
) -> tuple[Fraction, Fraction]:
    """Start of the first and end of the last of some streams, in seconds of the file's clock."""
    origin = min(Fraction(stream.start_time or 0) * (stream.time_base or 1) for stream in streams)
    read, count = {stream.index for stream in streams}, 0
    ends: dict[int, Fraction] = {}
    total = sum(stream.frames for stream in container.streams) or None
    for packet in with_progress(continuous_packets(container), "reading", total):
        index, start = packet.stream.index, packet.dts if packet.pts is None else packet.pts
        if start is None or packet.is_discard:  # the file's edit list may hide packets
            continue
        end = (start + (packet.duration or 0)) * packet.time_base
        ends[index] = max(end, ends.get(index, end))
        if index in read:
            count += 1
            if end - origin > limits.seconds or count > limits.seconds * limits.rate:
                raise LeapError(f"{path}: longer than the limit of {limits.seconds:g} s; cut it")
    if not count:
        raise LeapError(f"{path}: has no packets with times; it is empty or cut off")
    check_complete(path, container, streams, ends)
    return origin, max(origin, *(end for index, end in ends.items() if index in read))
