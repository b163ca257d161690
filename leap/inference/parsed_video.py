"""One parsed video: probabilities, events and attention, beside the ground truth."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from leap.config import Protocol
from leap.data.store import FeatureStore
from leap.data.store.layout import INPUTS
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.models.output import Parsing
from leap.models.parser import Parser

MODALITIES = ("audio", "visual")
Array = NDArray[np.float32]


@dataclass(frozen=True)
class ParsedVideo:
    """Predictions and ground truth of one video, by modality ``"audio"`` and ``"visual"``.

    Attributes:
        name: id of the video.
        classes: names of the C classes.
        probabilities: segment probabilities, (T, C).
        events: decoded events, zeros and ones, (T, C).
        truth: dense labels, zeros and ones, (T, C); empty where they are not known.
        attention: the last block's attention of labels over segments, averaged over heads, (C, T); empty
            where the decoder has none.
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
    """Parse one video of a data set.

    Args:
        parser: the parser.
        store: the data set.
        protocol: how probabilities become events.
        split: ``"train"``, ``"val"`` or ``"test"``.
        video: id of the video; empty for the first of the split.
        inputs: features that the parser reads as ``audio`` and ``visual_2d``.

    Returns:
        The parsed video; without ground truth where the split has no dense labels.

    Raises:
        LeapError: the split has no such video.
    """
    ids = store.ids(split)
    video = video or ids[0]
    if video not in ids:
        raise LeapError(f"{store.path}: no video {video!r} in {split}; ids run from {ids[0]} to {ids[-1]}")
    one = store.video(split, ids.index(video), inputs)
    with torch.inference_mode():
        parsing = parser.eval()(one.audio, one.visual_2d, one.visual_3d)
    dense = {"audio": one.true_audio, "visual": one.true_visual}
    truth = {modality: labels[0].numpy() for modality, labels in dense.items() if labels is not None}
    return parsed_video(video, store.classes, parsing, protocol, truth)


def parsed_video(
    name: str, classes: tuple[str, ...], parsing: Parsing, protocol: Protocol, truth: dict[str, Array]
) -> ParsedVideo:
    """The decoded parsing of one video, beside its ground truth.

    Args:
        name: id of the video.
        classes: names of the C classes.
        parsing: output of a parser for a batch of this video only.
        protocol: how probabilities become events.
        truth: modality → dense labels, (T, C); empty where they are not known.
    """
    events = dict(zip(MODALITIES, decode(parsing, protocol), strict=True))
    return ParsedVideo(
        name=name,
        classes=classes,
        probabilities={m: getattr(parsing, f"segment_{m}")[0].sigmoid().numpy() for m in MODALITIES},
        events={m: dense[0].numpy() for m, dense in events.items()},
        truth=truth,
        attention=_attention(parsing),
    )


def _attention(parsing: Parsing) -> dict[str, Array]:
    maps = {m: getattr(parsing, f"attention_{m}") for m in MODALITIES}
    return {m: weights[0, -1].mean(dim=0).numpy() for m, weights in maps.items() if weights is not None}
