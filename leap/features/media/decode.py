"""Sound as samples and pictures as frames, one at a time, in constant memory."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.media.clip import Clip, opened, pictures_of, sound_of
from leap.features.media.logmel import RATE

FRAME_RATE = 8
"""Frames a second of LLP's features."""

DRIFT = 0.1
"""Seconds by which sound may be off its times before it is put right."""

Samples = NDArray[np.float32]
Picture = NDArray[np.uint8]


def sound(clip: Clip, rate: int = RATE) -> Iterator[Samples]:
    """The sound of each of T seconds as mono samples in −1…1, (rate,); silence where there is none.

    Args:
        clip: the file.
        rate: samples a second.

    Raises:
        LeapError: the sound is damaged.
    """
    left = clip.segments
    rest = np.zeros(0, np.float32)
    for part in _placed(clip, rate) if clip.sound else ():
        rest = np.concatenate([rest, part])
        while len(rest) >= rate and left:
            yield rest[:rate]
            rest, left = rest[rate:], left - 1
        if not left:
            return
    for _ in range(left):
        yield np.pad(rest, (0, rate - len(rest)))
        rest = rest[:0]


def frames(clip: Clip, rate: int = FRAME_RATE) -> Iterator[Picture]:
    """The frames that are shown at the times 0, 1/rate, 2/rate …, T·rate of them, each (height, width, 3).

    Frames are upright and in RGB. Before the first frame, and after the last, that frame is taken.

    Args:
        clip: the file.
        rate: frames a second.

    Raises:
        LeapError: the pictures are damaged, or there are none.
    """
    if not clip.pictures:
        raise LeapError(f"{clip.path}: has no pictures")
    wanted, count, shown = clip.segments * rate, 0, None
    with opened(clip.path) as container:
        for time, frame in _timed(clip, container):
            while shown is not None and count < wanted and count < time * rate:
                yield shown()
                count += 1
            if count == wanted:
                return
            shown = _once(frame)
        if shown is None:
            raise LeapError(f"{clip.path}: no picture of it can be decoded; it is empty or cut off")
        for _ in range(count, wanted):
            yield shown()


def _once(frame: av.VideoFrame) -> Callable[[], Picture]:
    """A function that converts a frame when it is first asked for."""
    made: list[Picture] = []

    def upright() -> Picture:
        """The frame as it is to be seen."""
        if not made:
            made.append(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))
        return made[0]

    return upright


def _timed(clip: Clip, container: av.container.InputContainer) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames with their times from the beginning, which never go back."""
    time, most = 0.0, clip.limits.rate * max(clip.seconds, 1)
    decoded = cast(Iterator[av.VideoFrame], container.decode(pictures_of(container)))
    for count, frame in enumerate(decoded):
        if count > most or frame.width * frame.height > clip.limits.pixels:
            raise LeapError(f"{clip.path}: more or larger pictures than are read")
        if frame.time is not None:
            time = max(time, frame.time - float(clip.origin))
        yield time, frame


def _placed(clip: Clip, rate: int) -> Iterator[Samples]:
    """Samples from the beginning on, with silence where the stream has gaps."""
    written = 0
    with opened(clip.path) as container:
        for start, samples in _resampled(container, rate):
            place = written if start is None else round((start - float(clip.origin)) * rate)
            if abs(place - written) > DRIFT * rate or (not written and place > 0):
                yield from (np.zeros(min(rate, place - at), np.float32) for at in range(written, place, rate))
                samples = samples[max(0, written - place) :]
                written = max(written, place)
            written += len(samples)
            yield samples


def _resampled(container: av.container.InputContainer, rate: int) -> Iterator[tuple[float | None, Samples]]:
    """Mono samples with the times of their first."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    decoded = cast(Iterator[av.AudioFrame], container.decode(sound_of(container)))
    for frame in chain(decoded, [None]):  # None: what the resampler still holds
        for part in resampler.resample(frame):
            yield part.time, part.to_ndarray()[0].clip(-1, 1)
