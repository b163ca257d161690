"""A video file, parsed: its features by the published networks, its events by a trained parser."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.annotations import dense_labels, list_events
from leap.errors import LeapError
from leap.features.extractors import EXTRACTORS
from leap.features.media import Clip
from leap.inference.parsed_video import ParsedVideo, parsed_video
from leap.models.checkpoint import Description, load_parser


def parse_clip(
    model: Path, clip: Clip, weights: Path, truth: Mapping[str, Path] | None = None
) -> ParsedVideo:
    """Parse a video file; of a stream that it does not have, no event is reported.

    Args:
        model: folder or file of a trained parser.
        clip: the video.
        weights: folder of the networks' weights.
        truth: tables of true events by modality, in which the video bears its file's name without suffix.

    Raises:
        LeapError: the parser was trained on other features, weights are not there, the video is damaged, or
            no table names it.
    """
    parser, description = load_parser(model)
    kinds = _kinds(description)
    inputs = {slot: _input(kind, clip, weights) for slot, kind in kinds.items()}
    with torch.inference_mode():
        parsing = parser(**{slot: torch.from_numpy(array)[None] for slot, array in inputs.items()})
    known = _read_truth(truth, clip, description.classes) if truth else {}
    video = parsed_video(clip.path.stem, description.classes, parsing, description.protocol, known)
    there = {"audio": clip.sound, "visual": clip.pictures}
    events = {m: found if there[m] else np.zeros_like(found) for m, found in video.events.items()}
    return replace(video, events=events)


def _read_truth(
    truth: Mapping[str, Path], clip: Clip, classes: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Dense labels (T, C) by modality."""
    events = {
        m: [e for e in list_events(path, classes) if e.filename == clip.path.stem]
        for m, path in truth.items()
    }
    if not any(events.values()):
        raise LeapError(f"{clip.path.stem}: in none of {', '.join(map(str, truth.values()))}")
    return {
        modality: dense_labels(found, [clip.path.stem], classes, clip.segments)[0].astype(np.float32)
        for modality, found in events.items()
    }


def _input(kind: str, clip: Clip, weights: Path) -> NDArray[np.float32]:
    """Features a parser reads; it averages frames itself."""
    return (EXTRACTORS[kind] if kind == "visual_2d" else EXTRACTORS[kind].pooled)(clip, weights)


def _kinds(description: Description) -> dict[str, str]:
    """What a parser reads → the kind of features that takes the place."""
    kinds: dict[str, str] = dict(zip(("audio", "visual_2d"), description.model.inputs, strict=True))
    kinds |= {slot: slot for slot in description.widths if slot not in kinds}
    widths = {slot: EXTRACTORS[kind].width for slot, kind in kinds.items() if kind in EXTRACTORS}
    if widths != description.widths:
        raise LeapError(
            f"the parser reads {', '.join(kinds.values())} of widths {description.widths}; of a video file "
            f"there are {', '.join(f'{kind} ({one.width})' for kind, one in EXTRACTORS.items())}"
        )
    return kinds
