"""Parsing of a video file: networks extract features, and a trained parser predicts events."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.registry import is_simulated
from leap.errors import LeapError
from leap.features.av_digits_features import av_digits_features
from leap.features.av_everyday_features import av_everyday_features
from leap.features.extractors import EXTRACTORS
from leap.features.media import Clip
from leap.features.parsed_clip import read_truth
from leap.inference.parsed_video import ParsedVideo
from leap.inference.windows import parse_windows
from leap.models.checkpoint import Description, load_parser
from leap.models.parser import Parser

Features = dict[str, NDArray[np.float32]]
"""Argument of the parser → features of a clip, (T, width), or those of k frames per second, (T·k, width)."""

EMBEDDED: dict[str, Callable[[Clip, Path], Features]] = {
    "av-digits": av_digits_features,
    "av-everyday": av_everyday_features,
}
"""Data set whose features come from networks of its own → function of a clip and the folder of weights."""


def parse_clip(
    model: Path,
    clip: Clip,
    weights: Path,
    truth: Mapping[str, Path] | None = None,
    attention: bool = False,
) -> ParsedVideo:
    """Parse a video file; a modality without a stream has no events, and probabilities of zero.

    A video longer than those of the parser's training is parsed in overlapping windows of their length
    (`leap.inference.windows`). Its features are computed once, whatever the windows.

    Args:
        model: folder or file of a trained parser, or name of a shipped one.
        clip: the video.
        weights: folder of the networks' weights.
        truth: modality → table of true events, as in `leap.features.parsed_clip.read_truth`; None or empty if
            the ground truth is unknown.
        attention: whether the attention of labels is needed; a parser without it is refused at once.

    Raises:
        LeapError: the parser is missing, was trained on features that cannot be extracted, or lacks the
            attention that is needed; weights are missing, the video is damaged, a table is malformed, or no
            table lists events of the video.
    """
    parser, description = load_parser(model)
    extract = _extraction(description)
    if attention and not _has_attention(parser, description):
        raise LeapError(f"{model}: its decoder has no attention of labels over segments; omit --attention")
    true = read_truth(truth, clip, description.classes) if truth else {}
    video = parse_windows(parser, description, clip.path.stem, extract(clip, weights))
    return replace(
        video,
        truth=true,
        events=_zero_where_missing(video.events, clip),
        probabilities=_zero_where_missing(video.probabilities, clip),
    )


def _has_attention(parser: Parser, description: Description) -> bool:
    """Whether a parser returns attention, by a trial on features of zeros."""
    zeros = {argument: torch.zeros(1, 1, width) for argument, width in description.widths.items()}
    with torch.inference_mode():
        return parser(**zeros).attention_audio is not None


def _zero_where_missing(values: Mapping[str, NDArray[Any]], clip: Clip) -> dict[str, NDArray[Any]]:
    """Replace the values of a modality by zeros if the clip lacks its stream."""
    present = {"audio": clip.has_audio, "visual": clip.has_video}
    return {m: array if present[m] else np.zeros_like(array) for m, array in values.items()}


def _extraction(description: Description) -> Callable[[Clip, Path], Features]:
    """Function from a clip and the folder of weights to the features that a parser reads.

    Raises:
        LeapError: features like those of its training cannot be extracted from a video file.
    """
    if description.dataset in EMBEDDED:
        return EMBEDDED[description.dataset]
    if is_simulated(description.dataset):
        raise LeapError(f"the parser was trained on {description.dataset}, whose features are simulated")
    kinds = _kinds(description)
    return lambda clip, weights: {argument: _input(kind, clip, weights) for argument, kind in kinds.items()}


def _input(kind: str, clip: Clip, weights: Path) -> NDArray[np.float32]:
    """Features as the parser reads them; frame features are not pooled because the parser averages them."""
    extractor = EXTRACTORS[kind]
    return extractor(clip, weights) if kind == "visual_2d" else extractor.pooled(clip, weights)


def _kinds(description: Description) -> dict[str, str]:
    """Argument of the parser → kind of features that it receives."""
    kinds: dict[str, str] = dict(zip(("audio", "visual_2d"), description.model.inputs, strict=True))
    kinds |= {argument: argument for argument in description.widths if argument not in kinds}
    widths = {argument: EXTRACTORS[kind].width for argument, kind in kinds.items() if kind in EXTRACTORS}
    if widths != description.widths:
        raise LeapError(
            f"the parser reads {', '.join(kinds.values())} of widths {description.widths}; of a video file "
            f"there are {', '.join(f'{kind} ({one.width})' for kind, one in EXTRACTORS.items())}"
        )
    return kinds
