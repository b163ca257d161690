"""A single parsed video: probabilities, events, attention and ground truth."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from leap.config import Protocol
from leap.data.names import spelled
from leap.data.store import FeatureStore
from leap.data.store.layout import INPUTS
from leap.errors import LeapError
from leap.inference.decode import decode
from leap.metrics.arrays import MODALITIES
from leap.models.output import Parsing
from leap.models.parser import Parser

Array = NDArray[np.float32]
Events = NDArray[np.uint8]


@dataclass(frozen=True)
class ParsedVideo:
    """Predictions and ground truth of one video.

    The keys of each dictionary are the modalities ``"audio"`` and ``"visual"``.

    Attributes:
        name: id of the video.
        classes: names of the C classes.
        probabilities: segment probabilities, (T, C).
        events: decoded events, (T, C), zeros and ones, uint8.
        truth: dense labels, (T, C), zeros and ones; without keys if the labels are unknown.
        attention: attention of labels to segments in the last block, averaged over heads, (C, T); without
            keys if the decoder returns no attention.
        undetectable: modality → classes that the parser cannot detect in it; empty if it can detect all.
    """

    name: str
    classes: tuple[str, ...]
    probabilities: dict[str, Array]
    events: dict[str, Events]
    truth: dict[str, Array]
    attention: dict[str, Array]
    undetectable: dict[str, tuple[str, ...]] = field(default_factory=dict)


def parse_video(
    parser: Parser,
    store: FeatureStore,
    protocol: Protocol,
    split: str,
    video: str,
    inputs: tuple[str, str] = INPUTS,
) -> ParsedVideo:
    """Parse one video of a data set; puts the parser in eval mode.

    Args:
        parser: the parser, on the CPU.
        store: the data set.
        protocol: decoding protocol.
        split: ``"train"``, ``"val"`` or ``"test"``.
        video: id of the video, in any form of Unicode; empty for the first video of the split.
        inputs: stored features that the parser reads as ``audio`` and ``visual_2d``.

    Returns:
        The parsed video, without ground truth if the split has no dense labels.

    Raises:
        LeapError: the split does not contain the video.
    """
    ids = store.ids(split)
    names, video = [spelled(name) for name in ids], spelled(video or ids[0])
    if video not in names:
        raise LeapError(f"{store.path}: no video {video!r} in {split}; ids run from {ids[0]} to {ids[-1]}")
    one = store.video(split, names.index(video), inputs)
    with torch.inference_mode():
        parsing = parser.eval()(one.audio, one.visual_2d, one.visual_3d)
    dense = {"audio": one.true_audio, "visual": one.true_visual}
    truth = {modality: labels[0].numpy() for modality, labels in dense.items() if labels is not None}
    return parsed_video(video, store.classes, parsing, protocol, truth)


def parsed_video(
    name: str, classes: tuple[str, ...], parsing: Parsing, protocol: Protocol, truth: dict[str, Array]
) -> ParsedVideo:
    """Decode the parsing of one video and combine it with the ground truth.

    Args:
        name: id of the video.
        classes: names of the C classes.
        parsing: output of a parser for a batch that consists of this video, on the CPU.
        protocol: decoding protocol.
        truth: dense labels by modality, (T, C); empty if they are unknown.
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
