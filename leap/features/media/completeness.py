"""Whether a media file holds all that its headers declare: half a download must not pass as a whole file."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import LeapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

TOLERANCE = 1.0
"""Seconds by which a stream may end before its declared end."""

DECLARING_STREAMS = ("mov,mp4,m4a,3gp,3g2,mj2", "flac", "aiff", "mxf", "rm")
"""Containers that declare the duration of every stream; for others FFmpeg estimates it, often badly."""

DECLARING_FILE = ("matroska,webm", "flv")
"""Containers that declare one duration for all streams."""

UNKNOWN_SIZE = 0x7FFF0000
"""RIFF and AIFF sizes from here on are written by programs that do not know the size yet."""

ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""Identifier of the object in ASF and WMV files that holds the file's size."""

HEAD = 2**16
"""Bytes at the beginning of a file in which sizes are declared."""


def check_complete(
    path: Path,
    container: InputContainer,
    streams: Sequence[AudioStream | VideoStream],
    ends: Mapping[int, Fraction],
) -> None:
    """Compare where streams end with what the headers declare.

    Args:
        path: the file.
        container: the file, opened.
        streams: the streams that are read.
        ends: index of a stream → end of its last packet, in seconds of the file's clock; of all streams.

    Raises:
        LeapError: a stream that is read ends too early, or the file is shorter than declared.
    """
    for stream in streams:
        end = ends.get(stream.index, Fraction(0))
        _check(path, f"its {stream.type} ends", _stream_end(path, container, stream), end)
    last = max(ends.values())
    if container.format.name in DECLARING_FILE:
        _check(path, "it ends", Fraction(container.duration or 0, 10**6), last)
    missing = _declared_bytes(path) - path.stat().st_size
    if missing * last > TOLERANCE * path.stat().st_size:
        raise LeapError(f"{path}: {missing:,} of its declared bytes are missing; it is cut off")


def _check(path: Path, what: str, declared: Fraction, end: Fraction) -> None:
    if declared > end + TOLERANCE:
        raise LeapError(
            f"{path}: declares {float(declared):.1f} s, but {what} at {float(end):.1f} s; it is cut off"
        )


def _stream_end(path: Path, container: InputContainer, stream: AudioStream | VideoStream) -> Fraction:
    """Declared end of a stream in seconds of the file's clock; 0 where none is declared."""
    name, base = container.format.name, stream.time_base or Fraction(0)
    if name == "matroska,webm":
        return _seconds(stream.metadata.get("DURATION", ""))
    if name not in DECLARING_STREAMS and not (name == "mp3" and _counts_frames(path)):
        return Fraction(0)
    fragmented = name.startswith("mov") and not stream.frames  # declares where it ends, not how long it is
    start = 0 if fragmented else stream.start_time or 0
    return (start + (stream.duration or 0)) * base


def _seconds(text: str) -> Fraction:
    """``"00:01:02.500000000"`` → 62.5; 0 for other texts."""
    match = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", text)
    if not match:
        return Fraction(0)
    hours, minutes, seconds = (Fraction(number) for number in match.groups())
    return (hours * 60 + minutes) * 60 + seconds


def _counts_frames(path: Path) -> bool:
    """Whether an MP3 file begins with a frame that holds the number of frames."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # a tag, whose size is in four bytes of seven bits
            file.seek(10 + int("".join(f"{byte & 127:07b}" for byte in head[6:]), 2))
        first = head + file.read(2048)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))


def _declared_bytes(path: Path) -> int:
    """Size of a file by its own header; 0 where it has none."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return SIZES.get(head[:4], lambda _: 0)(head)


def _riff_bytes(head: bytes) -> int:
    size = int.from_bytes(head[4:8], "big" if head[:4] == b"FORM" else "little")
    return size + 8 if size < UNKNOWN_SIZE else 0


def _rf64_bytes(head: bytes) -> int:
    return int.from_bytes(head[20:28], "little") + 8 if head[12:16] == b"ds64" else 0


def _wave64_bytes(head: bytes) -> int:
    return int.from_bytes(head[16:24], "little")


def _asf_bytes(head: bytes) -> int:
    place = head.find(ASF_PROPERTIES)
    return int.from_bytes(head[place + 40 : place + 48], "little") if place > 0 else 0


def _caf_bytes(head: bytes) -> int:
    """End of the data chunk of a CAF file."""
    place = 8
    while place + 12 <= len(head):
        size = int.from_bytes(head[place + 4 : place + 12], "big", signed=True)
        if head[place : place + 4] == b"data" or size < 0:
            return place + 12 + max(size, 0)
        place += 12 + size
    return 0


SIZES = {
    b"RIFF": _riff_bytes,  # WAV, AVI
    b"FORM": _riff_bytes,  # AIFF
    b"RF64": _rf64_bytes,  # WAV above 4 GiB
    b"BW64": _rf64_bytes,
    b"riff": _wave64_bytes,
    b"caff": _caf_bytes,
    b"\x30\x26\xb2\x75": _asf_bytes,  # ASF, WMA, WMV
}
"""First four bytes of a file → how to read its size from its header."""
