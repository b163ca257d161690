"""Figures of the timeline of a parsed video, which belongs to a data set or is a video file."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.batches import in_batches
from leap.features.log_mel import log_mel_patch
from leap.features.media import Clip, audio_seconds, stills
from leap.inference.parsed_video import MODALITIES, ParsedVideo
from leap.io.progress import with_progress
from leap.metrics.titles import listed
from leap.visualization.palette import WIDTH
from leap.visualization.timeline.clock import LONG
from leap.visualization.timeline.events import (
    BINS,
    classes_to_show,
    draw_attention,
    draw_events,
    plain_text,
    timeline_legend,
)

LONG_WIDTH = 12
"""Width in inches of the figure of a long video file: wider ones are no more legible on a screen."""


def timeline_figure(video: ParsedVideo) -> Figure:
    """Timeline of a video of a data set: events of each modality, above attention if the decoder has it.

    The panels are below one another. Their rows are the classes of `classes_to_show`.
    """
    classes = classes_to_show(video)
    heights = [0.6 + 0.55 * len(classes), *[0.6 + 0.3 * len(classes)] * bool(video.attention)] * len(
        MODALITIES
    )
    figure = Figure(figsize=(WIDTH, 1.5 + sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    panels = iter(axes)
    for modality in MODALITIES:
        draw_events(next(panels), video, modality, classes)
        if video.attention:
            mesh = draw_attention(axis := next(panels), video, modality, classes)
            figure.colorbar(mesh, ax=axis, label="attention")
    axes[-1].set_xlabel("second")
    figure.legend(handles=timeline_legend(video), loc="outside lower center", ncols=2, frameon=False)
    return figure


def timeline_text(video: ParsedVideo) -> str:
    """Alternative text of `timeline_figure`."""
    classes = listed(video.classes[c] for c in classes_to_show(video))
    attention = ", and below it one with the attention of each label over the seconds" * bool(video.attention)
    truth = " and the ground truth" * bool(video.truth)
    return (
        f"Timeline of {video.name}. For sound and for vision there is a panel with the probability, the "
        f"predicted events{truth} of {classes} by second{attention}."
    )


def clip_figure(video: ParsedVideo, clip: Clip, attention: bool = False) -> Figure:
    """Timeline of a video file: frames and spectrogram above the events of both modalities.

    Args:
        video: the parsed video.
        clip: its file; a stream that it lacks has no panel.
        attention: whether to add the attention of label embeddings over segments.

    Raises:
        LeapError: attention is requested but the parser's decoder has none, or the file is damaged.
    """
    if attention and not video.attention:
        raise LeapError("this parser's decoder has no attention of labels over segments; omit --attention")
    classes = classes_to_show(video)
    heights = [1.0] * clip.has_video + [0.8] * clip.has_audio
    heights += [0.5 + 0.45 * len(classes)] * (len(MODALITIES) * (1 + attention))
    long = clip.segments > LONG
    size = (LONG_WIDTH if long else min(24, max(9, 0.9 * clip.segments)), sum(heights) + 1.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = iter(np.atleast_1d(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)))
    if clip.has_video:
        _draw_frames(next(axes), clip)
    if clip.has_audio:
        _draw_spectrogram(next(axes), clip)
    for modality in MODALITIES:
        draw_events(axis := next(axes), video, modality, classes)
        if attention:
            draw_attention(axis := next(axes), video, modality, classes)
    axis.set(xlabel="time" if long else "second", xlim=(0, clip.segments))
    figure.suptitle(plain_text(clip.path.name))
    figure.legend(handles=timeline_legend(video), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_frames(axis: Axes, clip: Clip) -> None:
    """The first frame of every second, or of every k-th second of a long video."""
    for left, still in zip(range(0, clip.segments, clip.still_interval), stills(clip), strict=True):
        extent = (left, min(left + clip.still_interval, clip.segments), 0, 1)
        axis.imshow(still, extent=extent, aspect="auto")
    axis.set(ylim=(0, 1), yticks=[], ylabel="frames")


def _draw_spectrogram(axis: Axes, clip: Clip) -> None:
    """Log-mel spectrogram, averaged over tenths of a second, or over the bins of a long video."""
    seconds = with_progress(audio_seconds(clip), "spectrogram", clip.segments)
    patches = (_tenths(log_mel_patch(second)) for second in seconds)  # each (10, bands)
    if clip.segments <= LONG:
        columns, end = np.concatenate(list(patches)), clip.segments
    else:
        interval = -(-clip.segments // BINS)  # seconds per bin
        bins = in_batches((patch.mean(axis=0) for patch in patches), interval)
        columns = np.stack([np.mean(each, axis=0) for each in bins])
        end = interval * len(columns)
    axis.imshow(columns.T, extent=(0, end, 0, 1), aspect="auto", origin="lower", cmap="magma")
    axis.set(xlim=(0, clip.segments), ylim=(0, 1), yticks=[], ylabel="sound")


def _tenths(patch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average the frames of a second, (96, bands), over tenths, (10, bands).

    The frames begin every 10 ms and end at 0.96 s; the last one stands for the rest of the second.
    """
    return np.pad(patch, ((0, 100 - len(patch)), (0, 0)), mode="edge").reshape(10, 10, -1).mean(axis=1)
