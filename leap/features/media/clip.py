"""Streams and duration of a media file, determined without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import LeapError, require

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream
else:
    av = require("av", "media")

DEMUXERS = "aac,ac3,aiff,asf,avi,caf,flac,flv,matroska,mov,mp3,mpeg,mpegts,mxf,nut,ogg,rm,wav,w64"
"""Accepted FFmpeg demuxers: containers that hold their own streams; playlists of other files are excluded."""

DECLARING_DURATION = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers that store their duration; for all others FFmpeg only estimates it, often badly."""

DURATION_TOLERANCE = 1.0
"""Seconds by which the last packet may end before the declared duration."""


@dataclass(frozen=True)
class Limits:
    """Upper limits that a media file must not exceed.

    Attributes:
        bytes: size of the file.
        seconds: duration.
        pixels: width × height of a frame.
        rate: frames or packets per second.
    """

    bytes: int = 2**34
    seconds: float = 3600
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
    """

    path: Path
    origin: Fraction
    seconds: float
    has_audio: bool
    has_video: bool
    limits: Limits

    @property
    def segments(self) -> int:
        """Number T of one-second segments: the rounded duration, at least one."""
        return max(1, int(self.seconds + 0.5))


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


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a media file with PyAV, whose errors within the block are raised with one-line messages.

    PyAV receives an open file instead of a path, which FFmpeg might interpret as a URL.

    Raises:
        LeapError: the file is missing, unreadable, not a media file, or damaged.
    """
    if not path.is_file():
        raise LeapError(f"{path}: no such file")  # a pipe or a device might never end
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", options={"format_whitelist": DEMUXERS}) as container,
        ):
            yield container
    except (av.error.FFmpegError, ValueError, OverflowError, ZeroDivisionError, IndexError) as error:
        reason = getattr(error, "strerror", None) or (str(error) or type(error).__name__).splitlines()[0]
        raise LeapError(f"{path}: not a media file, or damaged ({reason})") from None
    except OSError as error:
        raise LeapError(f"{path}: cannot be read ({error.strerror})") from None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first audio stream that can be decoded, or None."""
    return next((stream for stream in container.streams.audio if stream.codec_context), None)


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first video stream that can be decoded, or None; cover art does not count."""
    cover = av.stream.Disposition.attached_pic
    return next((s for s in container.streams.video if s.codec_context and not s.disposition & cover), None)


def _extent(
    path: Path, container: InputContainer, streams: list[AudioStream | VideoStream], limits: Limits
) -> tuple[Fraction, Fraction]:
    """Start of the first stream and end of the last, in seconds of the file's clock."""
    origin = end = min(Fraction(stream.start_time or 0) * (stream.time_base or 1) for stream in streams)
    count = 0
    for packet in container.demux(streams):
        start = packet.dts if packet.pts is None else packet.pts
        if start is not None and packet.time_base is not None:
            count, end = count + 1, max(end, (start + (packet.duration or 0)) * packet.time_base)
        if end - origin > limits.seconds or count > limits.seconds * limits.rate:
            raise LeapError(f"{path}: longer than the limit of {limits.seconds:g} s; cut it")
    if not count:
        raise LeapError(f"{path}: has no packets with times; it is empty or cut off")
    declares = container.format.name in DECLARING_DURATION
    declared = (container.duration or 0) / av.time_base if declares else 0
    if declared > end - origin + DURATION_TOLERANCE:
        raise LeapError(
            f"{path}: declares {declared:.1f} s, but ends after {float(end - origin):.1f} s; it is cut off"
        )
    return origin, end
