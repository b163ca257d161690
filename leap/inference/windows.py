"""Parse a video of any length in overlapping windows as long as the videos of the parser's training.

A parser that reads a whole long video at once detects far less, because its attention and its video-level
gate were learned on short ones. Windows therefore slide over the video, and predictions are averaged.

- Windows have T segments, as many as the videos of the training, and begin every ⌊T / 2⌋ segments. The last
  one ends with the video. Windows that begin more often cost more and gain little (`benchmarks/windows.py`).
- Every segment's probabilities, and its attention, are the means over the windows that contain it.
- So are the video-level probabilities that gate its events: a class passes the gate in a segment if the mean
  of its video-level probabilities over these windows reaches the gate's threshold. Votes of the windows'
  decisions detect less: most segments are in two windows, which often disagree.

A video of T segments or fewer is one window, whose predictions are those of the parser.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.inference.decode import Probabilities, decode_probabilities, probabilities_of
from leap.inference.parsed_video import ParsedVideo
from leap.io.progress import with_progress
from leap.metrics.arrays import MODALITIES
from leap.models.checkpoint import Description
from leap.models.output import Parsing
from leap.models.parser import Parser

BATCH = 32
"""Number of windows parsed at once: memory does not grow with the length of the video."""

Features = Mapping[str, NDArray[np.float32]]


def window_starts(segments: int, length: int) -> list[int]:
    """First segments of the windows of a video.

    Args:
        segments: number of the video's segments, at least 1.
        length: segments per window, at least 1; a shorter video is one window.

    Example:
        >>> window_starts(22, 10)
        [0, 5, 10, 12]
    """
    return [*range(0, segments - length, max(1, length // 2)), max(0, segments - length)]


def parse_windows(parser: Parser, description: Description, name: str, features: Features) -> ParsedVideo:
    """Parse a video of any length; predictions are averaged over overlapping windows.

    Args:
        parser: the parser, in eval mode and on the CPU.
        description: its description.
        name: id of the video.
        features: argument of the parser → features, (T, width), or those of k frames per
            second, (T·k, width).

    Returns:
        The parsed video, without ground truth.
    """
    starts = window_starts(len(features["audio"]), description.segments)
    return parse_at(starts, parser, description, name, features)


def parse_at(
    starts: Sequence[int], parser: Parser, description: Description, name: str, features: Features
) -> ParsedVideo:
    """As `parse_windows`, in windows that begin at given segments and together contain every segment."""
    segments = len(features["audio"])
    outputs = _parse_each(parser, features, starts, min(description.segments, segments))
    means = average_windows(outputs, starts, segments)
    events = decode_probabilities(_segments_as_videos(means), description.protocol)
    return ParsedVideo(
        name=name,
        classes=description.classes,
        probabilities={m: means[f"segment_{m}"].numpy() for m in MODALITIES},
        events={m: dense[:, 0].numpy() for m, dense in zip(MODALITIES, events, strict=True)},
        truth={},
        attention={m: means[key].T.numpy() for m in MODALITIES if (key := f"attention_{m}") in means},
    )


def average_windows(
    windows: Iterator[Mapping[str, Tensor]], starts: Sequence[int], segments: int
) -> dict[str, Tensor]:
    """Average outputs over the windows that contain a segment, each with the same weight.

    Sums are in double precision, in which the mean of equal values is that value.

    Args:
        windows: outputs of each window by name, (T, C).
        starts: first segment of each window.
        segments: number N of the video's segments; each is in some window.

    Returns:
        Means by name, (N, C), in the outputs' precision.
    """
    totals: dict[str, Tensor] = {}
    counts = torch.zeros(segments, 1, dtype=torch.float64)
    for start, window in zip(starts, windows, strict=True):
        for name, output in window.items():
            if name not in totals:
                totals[name] = torch.zeros(segments, output.shape[1], dtype=torch.float64)
            totals[name][start : start + len(output)] += output
        counts[start : start + len(output)] += 1
    return {name: (total / counts).to(output.dtype) for name, total in totals.items()}


def _segments_as_videos(means: Mapping[str, Tensor]) -> Probabilities:
    """The N segments as N videos of one segment, since each has a gate of its own."""
    found = {name: means[name] for name in Probabilities._fields}
    return Probabilities(**{name: p[:, None] if "segment" in name else p for name, p in found.items()})


def _parse_each(
    parser: Parser, features: Features, starts: Sequence[int], length: int
) -> Iterator[dict[str, Tensor]]:
    """Outputs of each window by name, (T, C), computed in batches."""
    batches = [starts[first : first + BATCH] for first in range(0, len(starts), BATCH)]
    for batch in with_progress(batches, "windows", len(batches)):
        with torch.inference_mode():
            outputs = _outputs(parser(**_windows(features, batch, length)))
        for index in range(len(batch)):
            yield {name: output[index] for name, output in outputs.items()}


def _windows(features: Features, starts: Sequence[int], length: int) -> dict[str, Tensor]:
    """Features of some windows as a batch, (B, T, width) or (B, T·k, width)."""

    def of(array: NDArray[np.float32]) -> Tensor:
        """The rows of every window: k per segment, k = 1 except for frames."""
        k = len(array) // len(features["audio"])
        return torch.stack([torch.from_numpy(array[k * start : k * (start + length)]) for start in starts])

    return {argument: of(array) for argument, array in features.items()}


def _outputs(parsing: Parsing) -> dict[str, Tensor]:
    """What is averaged of B windows, each (B, T, C): probabilities, and attention where there is one."""
    shape = parsing.segment_audio.shape
    outputs = {
        name: found if found.ndim == 3 else found[:, None].expand(shape)
        for name, found in probabilities_of(parsing)._asdict().items()
    }
    maps = {f"attention_{m}": getattr(parsing, f"attention_{m}") for m in MODALITIES}
    return outputs | {name: w[:, -1].mean(dim=1).mT for name, w in maps.items() if w is not None}
