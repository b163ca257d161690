"""A parsed video as a picture: frames and spectrogram above the events of both modalities."""

from itertools import islice

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leap.errors import LeapError
from leap.features.media import Clip, frames, sound
from leap.features.media.logmel import patch
from leap.inference.parsed_video import MODALITIES, ParsedVideo
from leap.visualization.figures import (
    classes_of_interest,
    draw_attention,
    draw_events,
    plain,
    timeline_legend,
)

STILLS = 20
"""Frames shown at most."""

TICKS = 20
"""Seconds marked at most."""


def clip_figure(video: ParsedVideo, clip: Clip, attention: bool = False) -> Figure:
    """Draw a parsed video.

    Args:
        video: what was parsed.
        clip: its file, of which frames and sound are shown where it has them.
        attention: show where the label embeddings look, too.

    Raises:
        LeapError: attention is asked for and the parser has none.
    """
    if attention and not video.attention:
        raise LeapError("this parser's decoder has no attention of labels over segments to be shown")
    rows = classes_of_interest(video)
    heights = [1.0] * clip.pictures + [0.8] * clip.sound
    heights += [0.5 + 0.45 * len(rows)] * (len(MODALITIES) * (1 + attention))
    size = (min(24, max(9, 0.9 * clip.segments)), sum(heights) + 1.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = iter(np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)))
    if clip.pictures:
        _draw_stills(next(axes), clip)
    if clip.sound:
        _draw_spectrogram(next(axes), clip)
    for modality in MODALITIES:
        draw_events(axis := next(axes), video, modality, rows)
        if attention:
            draw_attention(axis := next(axes), video, modality, rows)
    axis.set(xlabel="second", xlim=(0, clip.segments))
    axis.set_xticks(range(0, clip.segments + 1, -(-clip.segments // TICKS)))
    figure.suptitle(plain(clip.path.name))
    figure.legend(handles=timeline_legend(video), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_stills(axis: Axes, clip: Clip) -> None:
    """The first frame of every second, or of every few."""
    every = -(-clip.segments // STILLS)
    for index, picture in enumerate(islice(frames(clip, rate=1), 0, None, every)):
        small = picture[:: max(1, len(picture) // 120), :: max(1, len(picture) // 120)]
        left = index * every
        axis.imshow(small, extent=(left, min(left + every, clip.segments), 0, 1), aspect="auto")
    axis.set(ylim=(0, 1), yticks=[], ylabel="frames")


def _draw_spectrogram(axis: Axes, clip: Clip) -> None:
    """Log-mel energies, a column a tenth of a second."""
    columns = [patch(second)[:90].reshape(10, 9, -1).mean(1) for second in sound(clip)]
    extent = (0, clip.segments, 0, 1)
    axis.imshow(np.concatenate(columns).T, extent=extent, aspect="auto", origin="lower", cmap="magma")
    axis.set(ylim=(0, 1), yticks=[], ylabel="sound")
