"""A video file, parsed: its features by the published networks, its events by a trained parser."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.extract import features
from leap.extract.networks import load_network
from leap.media import Clip
from leap.media.decode import FRAME_RATE
from leap.models.checkpoint import load_parser
from leap.models.description import Description
from leap.study.parsed import ParsedVideo, parsed_video

Array = NDArray[np.float32]
Extract = Callable[[Any, Clip], Array]

EXTRACTORS: dict[str, tuple[str, Extract, int, int]] = {
    "audio": ("vggish", features.vggish, 1, 128),
    "visual_2d": ("resnet-152", features.resnet, FRAME_RATE, 2048),
    "visual_3d": ("r2plus1d_18", features.r2plus1d, 1, 512),
    "clip": ("clip", features.clip_image, 1, 768),
}
"""For each kind of features its network, what extracts them, rows a second and width."""

SEEN = ("visual_2d", "visual_3d", "clip")


def parse_clip(model: Path, clip: Clip, weights: Path) -> ParsedVideo:
    """Parse a video file; of a stream that it does not have, no event is reported.

    Args:
        model: folder or file of a trained parser.
        clip: the video.
        weights: folder of the networks' weights.

    Raises:
        LeapError: the parser was trained on other features, weights are not there, or the video is damaged.
    """
    parser, description = load_parser(model)
    kinds = _kinds(description)
    inputs = {slot: extract(kind, clip, weights) for slot, kind in kinds.items()}
    with torch.inference_mode():
        parsing = parser(**{slot: torch.from_numpy(array)[None] for slot, array in inputs.items()})
    video = parsed_video(clip.path.stem, description.classes, parsing, description.protocol, {})
    there = {"audio": clip.sound, "visual": clip.pictures}
    events = {m: found if there[m] else np.zeros_like(found) for m, found in video.events.items()}
    return replace(video, events=events)


def extract(kind: str, clip: Clip, weights: Path) -> Array:
    """Features of one kind, (rows, width); zeros where the pictures they need are missing."""
    network, function, rows, width = EXTRACTORS[kind]
    if kind in SEEN and not clip.pictures:
        return np.zeros((rows * clip.segments, width), np.float32)
    return function(load_network(network, weights), clip)


def _kinds(description: Description) -> dict[str, str]:
    """What a parser reads → the kind of features that takes the place."""
    kinds: dict[str, str] = dict(zip(("audio", "visual_2d"), description.model.inputs, strict=True))
    kinds |= {slot: slot for slot in description.widths if slot not in kinds}
    widths = {slot: EXTRACTORS[kind][3] for slot, kind in kinds.items() if kind in EXTRACTORS}
    if widths != description.widths:
        raise LeapError(
            f"the parser reads {', '.join(kinds.values())} of widths {description.widths}; of a video file "
            f"there are {', '.join(f'{kind} ({width})' for kind, (*_, width) in EXTRACTORS.items())}"
        )
    return kinds
