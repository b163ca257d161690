"""One parsed video: what a parser says about it, beside the truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leap.config import Protocol
from leap.data.store import FeatureStore
from leap.data.store.layout import INPUTS
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.models.checkpoint import check_fit, load_parser
from leap.models.output import Parsing
from leap.models.parser import Parser

MODALITIES = ("audio", "visual")
Array = NDArray[np.float32]


@dataclass(frozen=True)
class ParsedVideo:
    """A video with predictions and truth, by modality ``"audio"`` and ``"visual"``.

    Attributes:
        name: its id.
        classes: names of the C classes.
        probabilities: segment probabilities, (T, C).
        events: decoded events, (T, C), zeros and ones.
        truth: dense labels, (T, C); empty where they are not known.
        attention: the last block's attention of labels over segments, mean over heads, (C, T);
            empty where the decoder has none.
    """

    name: str
    classes: tuple[str, ...]
    probabilities: dict[str, Array]
    events: dict[str, Array]
    truth: dict[str, Array]
    attention: dict[str, Array]


def parse_video(
    parser: Parser,
    store: FeatureStore,
    protocol: Protocol,
    split: str,
    video: str,
    inputs: tuple[str, str] = INPUTS,
) -> ParsedVideo:
    """Parse one video of a store.

    Args:
        parser: the parser.
        store: the data set.
        protocol: how probabilities become events.
        split: train, val or test.
        video: its id; empty for the first of the split.
        inputs: the features the parser takes for ``audio`` and ``visual_2d``.

    Raises:
        LeapError: if the split has no such video.
    """
    ids = store.ids(split)
    video = video or ids[0]
    if video not in ids:
        raise LeapError(f"{store.path}: no video {video!r} in {split}; ids run from {ids[0]} to {ids[-1]}")
    index = ids.index(video)
    one = store.videos(split, inputs)[index : index + 1]
    with torch.inference_mode():
        parsing = parser.eval()(one.audio, one.visual_2d, one.visual_3d)
    truth = {m: cube[0].numpy() for m, cube in zip(MODALITIES, one.truth(), strict=True)}
    return parsed_video(video, store.classes, parsing, protocol, truth)


def parsed_video(
    name: str, classes: tuple[str, ...], parsing: Parsing, protocol: Protocol, truth: dict[str, Array]
) -> ParsedVideo:
    """What a parsing of one video says, decoded, beside the truth where it is known."""
    events = dict(zip(MODALITIES, decode(parsing, protocol), strict=True))
    return ParsedVideo(
        name=name,
        classes=classes,
        probabilities={m: getattr(parsing, f"segment_{m}")[0].sigmoid().numpy() for m in MODALITIES},
        events={m: cube[0].numpy() for m, cube in events.items()},
        truth=truth,
        attention=_attention(parsing),
    )


def parse_to_figure(model: Path, store: FeatureStore, split: str, video: str, out: Path) -> Path:
    """Parse one video with a saved parser and write its timeline as ``out/<video>.png``."""
    from leap.visualization.figures import save_figure, timeline  # matplotlib is slow to import

    parser, description = load_parser(model)
    inputs = description.model.inputs
    check_fit(description, store.classes, store.input_widths(inputs))
    parsed = parse_video(parser, store, description.protocol, split, video, inputs)
    return save_figure(timeline(parsed), out / f"{Path(parsed.name).name}.png")


def _attention(parsing: Parsing) -> dict[str, Array]:
    maps = {m: getattr(parsing, f"attention_{m}") for m in MODALITIES}
    return {m: weights[0, -1].mean(dim=0).numpy() for m, weights in maps.items() if weights is not None}
