"""Media files written for tests."""

from fractions import Fraction

import av
import numpy as np

CLOCK = Fraction(1, 1000)


def write_clip(
    path, pictures=(), times=None, rate=8, samples=None, sound_rate=16_000, sound_start=0.0, movflags=""
):
    """Write lossless pictures (height, width, 3) shown at ``times``, and mono or stereo samples (n[, 2])."""
    options = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", options=options) as container:
        shown = container.add_stream("ffv1", rate=rate) if len(pictures) else None
        layout = "mono" if samples is None or samples.ndim == 1 else "stereo"
        heard = None
        if samples is not None:
            heard = container.add_stream("pcm_s16le", rate=sound_rate, layout=layout)
        if shown is not None:
            shown.height, shown.width = pictures[0].shape[:2]
            shown.pix_fmt, shown.codec_context.time_base = "bgr0", CLOCK
            times = np.arange(len(pictures)) / rate if times is None else times
            for picture, time in zip(pictures, times, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="bgr0")
                frame.pts, frame.time_base = round(time / CLOCK), CLOCK
                container.mux(shown.encode(frame))
            container.mux(shown.encode(None))
        if heard is not None:
            whole = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
            for start in range(0, len(whole), 1000):
                frame = av.AudioFrame.from_ndarray(
                    whole[start : start + 1000].reshape(1, -1), format="s16", layout=layout
                )
                frame.sample_rate, frame.time_base = sound_rate, Fraction(1, sound_rate)
                frame.pts = start + round(sound_start * sound_rate)
                container.mux(heard.encode(frame))
            container.mux(heard.encode(None))
    return path


def write_coded_clip(path, pictures, samples, video, audio, title="", rate=8):
    """Write pictures (height, width, 3) at a rate and mono samples (n,) at 48 kHz by these codecs."""
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title
        shown, heard = container.add_stream(video, rate=rate), container.add_stream(audio, rate=48_000)
        shown.height, shown.width = pictures[0].shape[:2]
        shown.pix_fmt, heard.layout = "yuv420p", "mono"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(shown.encode(frame))
        container.mux(shown.encode(None))
        size = heard.codec_context.frame_size or 1024
        for start in range(0, len(samples), size):
            part = samples[None, start : start + size].astype(np.float32)
            sound = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            sound.sample_rate, sound.pts, sound.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(heard.encode(sound))
        container.mux(heard.encode(None))
    return path


def numbered(count, height=16, width=24):
    """Pictures whose first channel is their number, whole, and whose other channels are 7 and 9."""
    return [np.full((height, width, 3), (number, 7, 9), np.uint8) for number in range(count)]


def tone(seconds, frequency=440.0, rate=16_000, loudness=0.5):
    """A sine, (n,)."""
    return loudness * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
