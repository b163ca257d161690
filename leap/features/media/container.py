"""Media containers: opened safely, their streams chosen, their packets on one continuous clock."""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING

from leap.errors import LeapError, require
from leap.io.reason import reason

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream
else:
    av = require("av", "media")

DEMUXERS = "aac,ac3,aiff,asf,avi,caf,flac,flv,matroska,mov,mp3,mpeg,mpegts,mxf,nut,ogg,rm,wav,w64"
"""Accepted FFmpeg demuxers: containers that hold their own streams; playlists of other files are excluded."""

SUFFIXES = {
    ".3g2", ".3gp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".asf", ".avi", ".caf", ".flac",
    ".flv", ".m2ts", ".m4a", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpeg",
    ".mpg", ".mts", ".mxf", ".nut", ".oga", ".ogg", ".ogv", ".opus", ".rm", ".rmvb", ".ts",
    ".vob", ".w64", ".wav", ".webm", ".wma", ".wmv",
}  # fmt: skip
"""Suffixes of these containers, which distinguish the media files of a folder from its other files."""

PICTURES = "apng,bmp_pipe,gif,jpeg_pipe,png_pipe,tiff_pipe,webp_pipe"
"""FFmpeg's readers of single pictures, tried only to name what a refused file is."""

DAMAGE = (av.error.FFmpegError, ValueError, OverflowError, ZeroDivisionError, IndexError)
"""Errors that PyAV raises for files that are no media files or are damaged."""

BACKWARD = 0.1
"""Seconds by which the decoding times of a stream may go back before its clock is taken to have restarted."""

SHARED_RESTART = 1.0
"""Seconds by which streams that restart together may differ in where they stopped."""


@contextmanager
def open_container(path: Path) -> Iterator[InputContainer]:
    """Open a media file with PyAV, whose errors within the block are raised with one-line messages.

    PyAV receives an open file instead of a path, which FFmpeg might interpret as a URL.

    Raises:
        LeapError: the file is missing, empty, unreadable, not a media file, or damaged.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):  # it might never end
        raise LeapError(f"{path}: a pipe or a device, not a file")
    try:
        with path.open("rb") as file, _opened(path, file) as container:
            yield container
    except DAMAGE as error:
        raise LeapError(f"{path}: not a media file, or damaged ({_first_line(error)})") from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # a position before the beginning of the file
            raise LeapError(f"{path}: not a media file, or damaged (a wrong offset)") from None
        raise LeapError(f"{path}: {reason(error)}") from None


def _opened(path: Path, file: IO[bytes]) -> InputContainer:
    if not path.stat().st_size:
        raise LeapError(f"{path}: empty file (0 bytes)")
    try:
        return av.open(file, "r", options={"format_whitelist": DEMUXERS}, metadata_errors="replace")
    except DAMAGE:
        if _is_picture(file):
            raise LeapError(f"{path}: a picture, not a video or sound file") from None
        raise


def _is_picture(file: IO[bytes]) -> bool:
    file.seek(0)
    try:
        with av.open(file, "r", options={"format_whitelist": PICTURES}):
            return True
    except DAMAGE:
        return False


def _first_line(error: Exception) -> str:
    return getattr(error, "strerror", None) or (str(error) or type(error).__name__).splitlines()[0]


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first audio stream that can be decoded, or None."""
    return next((stream for stream in container.streams.audio if stream.codec_context), None)


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first video stream that can be decoded, or None; cover art does not count."""
    cover = av.stream.Disposition.attached_pic
    return next((s for s in container.streams.video if s.codec_context and not s.disposition & cover), None)


@dataclass
class _Clock:
    """Clock of one stream: how far it is moved, where it should go on, and how often it restarted."""

    shift: Fraction = Fraction(0)
    expected: Fraction | None = None
    restarts: int = 0


def continuous_packets(container: InputContainer) -> Iterator[Packet]:
    """All packets of a container, in file order, with time stamps moved so that no clock runs backward.

    Recordings that were joined byte by byte, or captured across a restart, begin their clock anew in the
    middle of the file. Such a stream continues where it stopped. Streams that restart together are moved by
    the same time, the longest, so sound and pictures stay together and nothing overlaps.
    """
    clocks: defaultdict[int, _Clock] = defaultdict(_Clock)
    for packet in container.demux():
        clock, base = clocks[packet.stream.index], packet.time_base
        if packet.dts is not None and not packet.is_discard:
            time = packet.dts * base
            if clock.expected is not None and time + clock.shift < clock.expected - BACKWARD:
                _restart(clock, clock.expected - time, clocks.values())
            clock.expected = time + clock.shift + (packet.duration or 0) * base
        _move(packet, clock.shift)
        yield packet


def _restart(clock: _Clock, shift: Fraction, clocks: Iterable[_Clock]) -> None:
    """Move a clock that restarts, and with it those that restarted just before."""
    clock.shift, clock.restarts = shift, clock.restarts + 1
    together = [
        other
        for other in clocks
        if other.restarts == clock.restarts and abs(other.shift - shift) < SHARED_RESTART
    ]
    latest = max(other.shift for other in together)
    for other in together:
        other.shift = latest


def _move(packet: Packet, shift: Fraction) -> None:
    ticks = round(shift / packet.time_base) if shift else 0
    if ticks and packet.pts is not None:
        packet.pts += ticks
    if ticks and packet.dts is not None:
        packet.dts += ticks
