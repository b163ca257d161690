"""Parsing of a video file: the published networks extract features, and a trained parser predicts events."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.extractors import EXTRACTORS
from leap.features.media import Clip
from leap.features.parsed_clip import read_truth
from leap.inference.parsed_video import ParsedVideo, parsed_video
from leap.models.checkpoint import Description, load_parser
from leap.models.parser import Parser

Array = NDArray[np.float32]


def parse_clip(
    model: Path,
    clip: Clip,
    weights: Path,
    truth: Mapping[str, Path] | None = None,
    attention: bool = False,
) -> ParsedVideo:
    """Parse a video file; a modality without a stream has no events, and probabilities of zero.

    Args:
        model: folder or file of a trained parser.
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
    kinds = _kinds(description)
    if attention and not _has_attention(parser, description, clip.segments):
        raise LeapError(f"{model}: its decoder has no attention of labels over segments; omit --attention")
    true = read_truth(truth, clip, description.classes) if truth else {}
    inputs = {argument: _input(kind, clip, weights) for argument, kind in kinds.items()}
    with torch.inference_mode():
        parsing = parser(**{argument: torch.from_numpy(array)[None] for argument, array in inputs.items()})
    video = parsed_video(clip.path.stem, description.classes, parsing, description.protocol, true)
    return replace(
        video,
        events=_zero_where_missing(video.events, clip),
        probabilities=_zero_where_missing(video.probabilities, clip),
    )


def _has_attention(parser: Parser, description: Description, segments: int) -> bool:
    """Whether a parser returns attention, by a trial on features of zeros."""
    zeros = {argument: torch.zeros(1, segments, width) for argument, width in description.widths.items()}
    with torch.inference_mode():
        return parser(**zeros).attention_audio is not None


def _zero_where_missing(values: Mapping[str, NDArray[Any]], clip: Clip) -> dict[str, NDArray[Any]]:
    """Replace the values of a modality by zeros if the clip lacks its stream."""
    present = {"audio": clip.has_audio, "visual": clip.has_video}
    return {m: array if present[m] else np.zeros_like(array) for m, array in values.items()}


def _input(kind: str, clip: Clip, weights: Path) -> Array:
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
