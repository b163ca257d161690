"""Players of short excerpts of a data set: sound and frames in a page with the events below them."""

from collections.abc import Sequence
from fractions import Fraction
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.data.av_digits.sources import RATE
from leap.errors import require
from leap.features.media import open_clip
from leap.visualization.comparison import Events
from leap.visualization.signals import Rendering
from leap.visualization.timeline.as_json import runs_as_json
from leap.visualization.timeline.page import player_page

HEIGHT = 192
"""Pixels of a frame's height, at least; smaller frames are enlarged by whole factors."""


def show_player(
    name: str, rendering: Rendering, events: Events, truth: Events, classes: Sequence[str]
) -> None:
    """Display a player of a rendered video with its timeline, as a page within the page.

    Args:
        name: name of the video.
        rendering: its sound and frames.
        events: the events that a parser predicts.
        truth: the true events.
        classes: names of the C classes.

    Raises:
        LeapError: the ``media`` or the ``book`` extra is not installed.
    """
    shown = require("IPython.display", "book")
    parsed = {
        "segments": len(rendering.frames),
        "events": runs_as_json(events, classes),
        "truth": runs_as_json(truth, classes),
    }
    with TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.webm")
        write_video(path, rendering)
        page = player_page(open_clip(path), parsed)
    frame = f'<iframe class="player" title="Player: {escape(name)}" srcdoc="{escape(page)}"></iframe>'
    shown.display({"text/html": frame}, raw=True)  # HTML() warns of every iframe


def write_video(path: Path, rendering: Rendering) -> None:
    """Write a rendered video as a WebM file: one frame per second in VP9, and Opus.

    Args:
        path: the file.
        rendering: sound and frames.

    Raises:
        LeapError: the ``media`` extra is not installed.
    """
    av = require("av", "media")
    frames = _pixels(rendering.frames)  # (T, height, width, 3)
    with av.open(path, "w") as container:
        video = container.add_stream("libvpx-vp9", rate=1)
        video.width, video.height, video.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        audio = container.add_stream("libopus", rate=48_000, layout="mono")
        for t, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels)
            frame.pts, frame.time_base = t, Fraction(1)
            container.mux(video.encode(frame))
        samples = np.int16(rendering.waveform.reshape(1, -1).clip(-1, 1) * 32_767)
        sound = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        sound.sample_rate, sound.pts, sound.time_base = RATE, 0, Fraction(1, RATE)
        for resampled in av.AudioResampler("s16", "mono", 48_000, frame_size=960).resample(sound):
            container.mux(audio.encode(resampled))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _pixels(frames: NDArray[Any]) -> NDArray[np.uint8]:
    """Frames as RGB, (T, height, width, 3), enlarged by a whole factor to at least `HEIGHT` pixels."""
    if frames.ndim == 3:  # ink
        gray = (255 * (1 - frames.clip(0, 1))).astype(np.uint8)
        frames = np.repeat(gray[..., None], 3, axis=-1)
    factor = -(-HEIGHT // frames.shape[1])
    return np.ascontiguousarray(frames.repeat(factor, axis=1).repeat(factor, axis=2))
