"""The parser that needs no training."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features.extractors import EXTRACTORS
from leap.features.media import Clip, open_clip
from leap.features.networks.loading import load_network_once
from leap.features.parsed_clip import ParsedClip, read_truth
from leap.features.tagger_features import PATCHES
from leap.features.taggers.classes import audioset_classes, select_classes, undetectable
from leap.features.weights import EVERYDAY, check_fetched, weights_folder
from leap.inference.parsed_video import ParsedVideo
from leap.io.strict_json import parse_json

MARGIN = 1
"""Patches of sound before and after those of a second that count, too: a third of each lies in the second."""

SMOOTHING = np.array([1.0, 2.0, 1.0])
"""Weights of the frame of the second before, of the second itself and of the second after."""

Array = NDArray[np.float32]


class Tagger:
    """Parser of video files that needs no training.

    YAMNet hears AudioSet's classes and EfficientNet-Lite0 sees ImageNet's. The score of an event class in a
    second is, by ear, the largest of its classes of AudioSet, which do not exclude each other, in any patch
    of 0.96 s of which a third lies in the second; by eye, the sum of its classes of ImageNet, which exclude
    each other, averaged over the frames in the middle of the second and of its neighbours with the weights
    `SMOOTHING`. Scores are compared with one threshold per modality (``thresholds.json``). A class without
    tags in a modality has no events there.

    Args:
        classes: names of event classes: of LLP, AV-Everyday, AudioSet or ImageNet.
        weights: folder of the networks' weights; None for the one in the user's cache.

    Raises:
        LeapError: weights are missing, or no tagger knows a class.
    """

    def __init__(self, classes: Sequence[str] = LLP, weights: Path | None = None) -> None:
        self.weights = weights or weights_folder()
        check_fetched(EVERYDAY, self.weights)
        self.classes = select_classes(classes, audioset_classes(self.weights))
        self.undetectable = undetectable(self.classes)

    def parse(
        self, path: str | Path | Clip, truth: Mapping[str, Path] | None = None, attention: bool = False
    ) -> ParsedClip:
        """Parse a video file; a modality without a stream has no events, and scores of zero.

        Args:
            path: the file, or an open clip.
            truth: modality → table of true events, as in `leap.features.parsed_clip.read_truth`.
            attention: must be False, because a tagger has no attention of labels.

        Raises:
            LeapError: attention is asked for, the video is damaged, a table is malformed, or no table lists
                events of the video.
        """
        if attention:
            raise LeapError("the tagger has no attention of labels over segments; omit --attention")
        clip = path if isinstance(path, Clip) else open_clip(path)
        names = tuple(one.name for one in self.classes)
        true = read_truth(truth, clip, names) if truth else {}
        scores = {"audio": self._heard(clip), "visual": self._seen(clip)}
        events = {m: (array >= thresholds()[m]).astype(np.uint8) for m, array in scores.items()}
        return ParsedClip(
            ParsedVideo(clip.path.stem, names, scores, events, true, {}, self.undetectable), clip
        )

    def _heard(self, clip: Clip) -> Array:
        """Scores by ear, (T, C)."""
        if not clip.has_audio:
            return np.zeros((clip.segments, len(self.classes)), np.float32)
        tags = _tags("yamnet", "yamnet", clip, self.weights)  # (4·T, 521)
        return best_of_seconds(_combined(tags, [one.heard for one in self.classes], np.max))

    def _seen(self, clip: Clip) -> Array:
        """Scores by eye, (T, C)."""
        if not clip.has_video:
            return np.zeros((clip.segments, len(self.classes)), np.float32)
        tags = _tags("efficientnet_lite0", "efficientnet-lite0", clip, self.weights)  # (T, 1000)
        return smooth(_combined(tags, [one.seen for one in self.classes], np.sum))


def best_of_seconds(scores: Array) -> Array:
    """Largest scores of the patches of every second and of `MARGIN` on both sides, (4·T, C) → (T, C)."""
    padded = np.pad(scores, ((MARGIN, MARGIN), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, PATCHES + 2 * MARGIN, 0)[::PATCHES].max(axis=2)


def smooth(scores: Array) -> Array:
    """Average scores over neighbouring seconds, (T, C); the first and the last have one neighbour."""
    padded = np.pad(scores, ((1, 1), (0, 0)))
    inside = np.pad(np.ones(len(scores)), 1)
    total = sum(w * padded[at : at + len(scores)] for at, w in enumerate(SMOOTHING))
    weight = sum(w * inside[at : at + len(scores)] for at, w in enumerate(SMOOTHING))
    return (total / weight[:, None]).astype(np.float32)


@cache
def thresholds() -> dict[str, float]:
    """Smallest score of an event, by modality."""
    table = parse_json((files("leap.features.taggers") / "thresholds.json").read_text(encoding="utf-8"))
    return {modality: table[modality] for modality in ("audio", "visual")}


def _tags(kind: str, network: str, clip: Clip, weights: Path) -> Array:
    """Probabilities of a tagger's own classes, one row per patch or frame."""
    embeddings = torch.from_numpy(EXTRACTORS[kind](clip, weights))
    with torch.inference_mode():
        return load_network_once(network, weights).scores(embeddings).numpy()


def _combined(tags: Array, groups: Sequence[Sequence[int]], combine: Callable[..., Array]) -> Array:
    """Scores of groups of tags, (rows, C); zero for an empty group."""
    return np.stack([combine(tags[:, list(group)], axis=1, initial=0.0) for group in groups], axis=1).astype(
        np.float32
    )
