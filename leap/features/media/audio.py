"""Streaming decoder for the audio of a clip; memory does not grow with its duration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError, require
from leap.features.log_mel import SAMPLE_RATE
from leap.features.media.clip import Clip
from leap.features.media.container import audio_stream, continuous_packets, open_container

if TYPE_CHECKING:
    import av
    from av.container import InputContainer
else:
    av = require("av", "media")

MAX_DRIFT = 0.1
"""Largest deviation of samples from their time stamps, in seconds, that is left uncorrected."""

Samples = NDArray[np.float32]


def audio_seconds(clip: Clip, rate: int = SAMPLE_RATE) -> Iterator[Samples]:
    """Decode the audio stream as mono, second by second; missing audio becomes silence.

    Mono is the mean of the channels, whatever their layout, as in VGGish's reference code. FFmpeg's own mix
    is not used: in floating point it is 3 dB louder for stereo and exceeds full scale.

    Args:
        clip: the file.
        rate: samples per second.

    Yields:
        The samples of each of the T seconds, (rate,) float32; full scale is −1…1.

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


def _aligned_samples(clip: Clip, rate: int) -> Iterator[Samples]:
    """Blocks of samples from the clip's origin on, with silence where the stream has gaps."""
    written = 0
    with open_container(clip.path) as container:
        for start, samples in _resampled(container, rate):
            if not np.isfinite(samples).all():
                raise LeapError(f"{clip.path}: its sound holds values that are not numbers; it is damaged")
            place = written if start is None else round((start - float(clip.origin)) * rate)
            if abs(place - written) > MAX_DRIFT * rate or (not written and place > 0):
                yield from (np.zeros(min(rate, place - at), np.float32) for at in range(written, place, rate))
                samples = samples[max(0, written - place) :]
                written = max(written, place)
            written += len(samples)
            yield samples


def _resampled(container: InputContainer, rate: int) -> Iterator[tuple[float | None, Samples]]:
    """Blocks of mono samples, each with the time of its first sample in seconds of the file's clock."""
    interleaved = _converted(_decoded(container), format="dbl")  # PyAV cannot read planes beyond the seventh
    for frame in _converted(map(_mono, interleaved), format="flt", layout="mono", rate=rate):
        yield frame.time, frame.to_ndarray()[0]


def _decoded(container: InputContainer) -> Iterator[av.AudioFrame]:
    stream = audio_stream(container)
    for packet in continuous_packets(container):
        if packet.stream is stream:
            yield from cast("list[av.AudioFrame]", packet.decode())


def _mono(frame: av.AudioFrame) -> av.AudioFrame:
    """The mean of the channels of an interleaved frame."""
    values = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)  # (samples, channels)
    mean = values.mean(axis=1).astype(np.float32)  # (samples,)
    mono = av.AudioFrame.from_ndarray(mean[None], format="flt", layout="mono")
    mono.sample_rate, mono.pts, mono.time_base = frame.sample_rate, frame.pts, frame.time_base
    return mono


def _converted(frames: Iterable[av.AudioFrame], **target: Any) -> Iterator[av.AudioFrame]:
    """Frames in another format, layout or rate; what they are converted from may change on the way."""
    resampler = source = None
    for frame in frames:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or kind != source:
            yield from _held_back(resampler)
            resampler, source = av.AudioResampler(**target), kind
        yield from resampler.resample(frame)
    yield from _held_back(resampler)


def _held_back(resampler: av.AudioResampler | None) -> list[av.AudioFrame]:
    return resampler.resample(None) if resampler else []
