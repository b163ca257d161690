"""What a media file holds, found without decoding it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.stream
from av.video.stream import VideoStream

from leap.errors import LeapError

DEMUXERS = "aac,ac3,aiff,asf,avi,caf,flac,flv,matroska,mov,mp3,mpeg,mpegts,mxf,nut,ogg,rm,wav,w64"
"""Containers that hold their own streams; playlists, which name other files, are not among them."""

DECLARING = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Containers whose files say how long they are; of others FFmpeg's guess may be far off."""

SLACK = 1.0
"""Seconds by which a file may be shorter than it says."""


@dataclass(frozen=True)
class Limits:
    """What is refused.

    Attributes:
        bytes: of a file larger than that.
        seconds: of a file longer than that.
        pixels: of a picture larger than that.
        rate: frames or packets a second, above.
    """

    bytes: int = 2**34
    seconds: float = 3600
    pixels: int = 2**25
    rate: float = 2000


@dataclass(frozen=True)
class Clip:
    """A file with sound, pictures or both.

    Attributes:
        path: of the file.
        origin: when its first stream starts, in seconds of its own clock.
        seconds: from there to the end of the last stream.
        sound: whether it has a stream of sound.
        pictures: whether it has one of pictures.
        limits: what is refused.
    """

    path: Path
    origin: Fraction
    seconds: float
    sound: bool
    pictures: bool
    limits: Limits

    @property
    def segments(self) -> int:
        """T: seconds, rounded, and at least one."""
        return max(1, int(self.seconds + 0.5))


def open_clip(path: str | Path, limits: Limits = Limits()) -> Clip:
    """Read the times of all packets of a file; nothing is decoded, and memory is constant.

    Raises:
        LeapError: it is no media file, is damaged, holds neither sound nor pictures, or is beyond the limits.
    """
    path = Path(path)
    if path.is_file() and path.stat().st_size > limits.bytes:
        raise LeapError(f"{path}: larger than {limits.bytes:,} bytes, which is not read; cut it")
    with opened(path) as container:
        streams = [stream for stream in (sound_of(container), pictures_of(container)) if stream is not None]
        if not streams:
            raise LeapError(f"{path}: holds neither sound nor pictures")
        for stream in streams:
            _check_size(path, stream, limits)
        origin, end = _extent(path, container, streams, limits)
        return Clip(
            path,
            origin,
            float(end - origin),
            sound=sound_of(container) is not None,
            pictures=pictures_of(container) is not None,
            limits=limits,
        )


@contextmanager
def opened(path: Path) -> Iterator[av.container.InputContainer]:
    """A file's container; what FFmpeg and PyAV raise while it is open becomes one line.

    The file is handed over open, so that its name is never read as an address.
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


def sound_of(container: av.container.InputContainer) -> av.stream.Stream | None:
    """The first stream of sound that can be decoded."""
    return next((stream for stream in container.streams.audio if stream.codec_context), None)


def pictures_of(container: av.container.InputContainer) -> VideoStream | None:
    """The first stream of pictures; the cover of a song is none."""
    covers = av.stream.Disposition.attached_pic
    return next((s for s in container.streams.video if s.codec_context and not s.disposition & covers), None)


def _check_size(path: Path, stream: av.stream.Stream, limits: Limits) -> None:
    if isinstance(stream, VideoStream) and stream.width * stream.height > limits.pixels:
        raise LeapError(f"{path}: {stream.width} × {stream.height} pixels, at most {limits.pixels} are read")


def _extent(
    path: Path,
    container: av.container.InputContainer,
    streams: list[av.stream.Stream],
    limits: Limits,
) -> tuple[Fraction, Fraction]:
    """When the first of some streams starts and the last ends."""
    origin = end = min(Fraction(stream.start_time or 0) * (stream.time_base or 1) for stream in streams)
    count = 0
    for packet in container.demux(streams):
        start = packet.dts if packet.pts is None else packet.pts
        if start is not None and packet.time_base is not None:
            count, end = count + 1, max(end, (start + (packet.duration or 0)) * packet.time_base)
        if end - origin > limits.seconds or count > limits.seconds * limits.rate:
            raise LeapError(f"{path}: longer than {limits.seconds:g} s, which is not read; cut it")
    if not count:
        raise LeapError(f"{path}: holds no packets with times; it is empty or cut off")
    declared = (container.duration or 0) / av.time_base if container.format.name in DECLARING else 0
    if declared > end - origin + SLACK:
        raise LeapError(
            f"{path}: says {declared:.1f} s, but ends after {float(end - origin):.1f} s; it is cut off"
        )
    return origin, end
