"""Streaming decoder for the frames of a clip; memory does not grow with its duration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from leap.errors import LeapError, require
from leap.features.media.clip import Clip, Frame
from leap.features.media.container import continuous_packets, open_container, video_stream

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
    from av.video.stream import VideoStream
else:
    av = require("av", "media")

FRAME_RATE = 8
"""Frames per second from which LLP's features were extracted."""

NO_TIME = np.iinfo(np.int64).min
"""Stands for the time stamp of a packet without one, as in FFmpeg."""

STILL_HEIGHT = 120
"""Approximate height in pixels to which stills are subsampled."""


def frames(clip: Clip, rate: int = FRAME_RATE, start: float = 0.0) -> Iterator[Frame]:
    """Decode the frames shown at the times start, start + 1/rate, start + 2/rate, … s.

    The display matrix, by which phones rotate and mirror, is applied. The first frame also stands for times
    before it, the last for times after.

    Args:
        clip: the file.
        rate: frames per second.
        start: time of the first frame, in seconds.

    Yields:
        Each of the T · rate frames, (height, width, 3) uint8, RGB.

    Raises:
        LeapError: the video stream is damaged or missing.
    """
    if not clip.has_video:
        raise LeapError(f"{clip.path}: has no video stream")
    wanted, count, shown = clip.segments * rate, 0, None
    needed = _needed_stamps(clip, rate, start)
    with open_container(clip.path) as container:
        for time, frame in _timed_frames(clip, container, needed):
            if shown is not None:
                _keep_stills(clip, shown, end=time)
            while shown is not None and count < wanted and count < (time - start) * rate:
                yield shown()
                count += 1
            if count == wanted:
                return
            shown = _converted_once(frame)
        if shown is None:
            raise LeapError(f"{clip.path}: none of its frames can be decoded; it is empty or cut off")
        _keep_stills(clip, shown, end=inf)
        for _ in range(count, wanted):
            yield shown()


def stills(clip: Clip) -> list[Frame]:
    """The first frame of every second, or of every k-th second of a long clip, subsampled.

    Every pass of `frames` leaves them in the clip; the file is decoded only if there was no whole pass.

    Args:
        clip: the file; k is its `Clip.still_interval`.

    Returns:
        At most `leap.features.media.clip.MAX_STILLS` small frames, each (height, width, 3) uint8, RGB.

    Raises:
        LeapError: the video stream is damaged or missing.
    """
    if len(clip.stills) * clip.still_interval < clip.segments:
        for _ in frames(clip, rate=1):
            pass
    return clip.stills


def _keep_stills(clip: Clip, shown: Callable[[], Frame], end: float) -> None:
    """Append to the clip's stills those that a frame shows, which is shown until ``end`` seconds."""
    while len(clip.stills) * clip.still_interval < min(end, clip.segments):
        step = max(1, len(shown()) // STILL_HEIGHT)
        clip.stills.append(shown()[::step, ::step].copy())


def _converted_once(frame: av.VideoFrame) -> Callable[[], Frame]:
    """A function that converts a frame to RGB and orients it; the first call's result is cached."""
    converted: list[Frame] = []

    def upright() -> Frame:
        """The frame, (height, width, 3)."""
        if not converted:
            converted.append(_displayed(frame))
        return converted[0]

    return upright


def _displayed(frame: av.VideoFrame) -> Frame:
    """A frame as players display it, (height, width, 3).

    The display matrix maps a position (x, y) of the decoded picture to (a·x + c·y, b·x + d·y), up to a
    translation. Angles between quarter turns are rounded to the nearest.
    """
    picture = cast(Frame, frame.to_ndarray(format="rgb24"))
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return picture
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):  # x and y change places
        picture, a, d = picture.swapaxes(0, 1), c, b
    return picture[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]


def _needed_stamps(clip: Clip, rate: int, start: float) -> set[int] | None:
    """Time stamps of the pictures that are shown by `frames` and as stills, read without decoding.

    The pictures before and after each are included, because times are rounded.

    Returns:
        The time stamps; None if some packets have none; every picture is then needed.
    """
    with open_container(clip.path) as container:
        stream = cast("VideoStream", video_stream(container))
        packets = (p for p in continuous_packets(container) if p.stream is stream)
        kept = (p for p in packets if p.size and not p.is_discard)  # the last packets are empty
        stamps = np.fromiter((NO_TIME if p.pts is None else p.pts for p in kept), np.int64)
        if not len(stamps) or NO_TIME in stamps:
            return None
        ordered = np.sort(stamps)  # (pictures,)
        seconds = ordered * float(stream.time_base or 1) - float(clip.origin)
    times = (start + np.arange(clip.segments * rate) / rate, np.arange(0, clip.segments, clip.still_interval))
    shown = np.searchsorted(seconds, np.concatenate(times), side="right") - 1
    around = (shown[:, None] + (-1, 0, 1)).clip(0, len(ordered) - 1)
    return set(ordered[around].ravel().tolist())


def _timed_frames(
    clip: Clip, container: InputContainer, needed: set[int] | None
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames and their times in seconds from the clip's origin, made non-decreasing."""
    time, most = 0.0, clip.limits.rate * max(clip.seconds, 1)
    for count, frame in enumerate(_decoded(container, needed)):
        if count > most or frame.width * frame.height > clip.limits.pixels:
            raise LeapError(f"{clip.path}: has more or larger frames than the limits allow")
        if frame.time is not None:
            time = max(time, frame.time - float(clip.origin))
        yield time, frame


def _decoded(container: InputContainer, needed: set[int] | None) -> Iterator[av.VideoFrame]:
    """The needed pictures, and those to which others refer; None if all are needed."""
    stream = cast("VideoStream", video_stream(container))
    for packet in continuous_packets(container):
        if packet.stream is stream:
            skipped = needed is not None and packet.pts is not None and packet.pts not in needed
            stream.codec_context.skip_frame = "NONREF" if skipped else "DEFAULT"
            yield from cast("list[av.VideoFrame]", packet.decode())
