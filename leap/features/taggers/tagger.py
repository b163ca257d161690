"""The parser that needs no training."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.data.classes import LLP
from leap.errors import LeapError
from leap.features.media import Clip, open_clip
from leap.features.networks.loading import load_network_once
from leap.features.parsed_clip import ParsedClip, read_truth
from leap.features.tagger_features import efficientnet_lite_features, yamnet_features
from leap.features.taggers.classes import audioset_classes, select_classes, undetectable
from leap.features.taggers.event_scores import chosen_decoding, class_scores, second_scores
from leap.features.weights import EVERYDAY, check_fetched, weights_folder
from leap.inference.parsed_video import MODALITIES, ParsedVideo

NETWORKS: dict[str, tuple[str, Callable[..., NDArray[np.float32]]]] = {
    "audio": ("yamnet", yamnet_features),
    "visual": ("efficientnet-lite0", efficientnet_lite_features),
}
"""Modality → the network that tags it, and the function that applies it to a clip."""

Array = NDArray[np.float32]


class Tagger:
    """Parser of video files that needs no training.

    YAMNet hears AudioSet's classes and EfficientNet-Lite0 sees ImageNet's. The score of an event class is, by
    ear, the largest of its classes of AudioSet, which do not exclude each other, in any patch of 0.96 s in or
    near the second; by eye, the sum of its classes of ImageNet, which exclude each other, in the frame in the
    middle of the second. Scores are smoothed over neighbouring seconds and compared with one threshold per
    modality (``thresholds.json``). A class without tags in a modality has no events there.

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
        scores = {modality: self._scores(modality, clip) for modality in MODALITIES}
        events = {m: (array >= chosen_decoding(m).threshold).astype(np.uint8) for m, array in scores.items()}
        return ParsedClip(
            ParsedVideo(clip.path.stem, names, scores, events, true, {}, self.undetectable), clip
        )

    def _scores(self, modality: str, clip: Clip) -> Array:
        """Scores of the classes, (T, C); zero if the clip lacks the stream."""
        if not (clip.has_audio if modality == "audio" else clip.has_video):
            return np.zeros((clip.segments, len(self.classes)), np.float32)
        _, smoothing, margin = chosen_decoding(modality)
        name, tag = NETWORKS[modality]
        network = load_network_once(name, self.weights)

        def head(embeddings: Tensor) -> Tensor:
            """Scores of the classes, (n, C), which take little memory: all tags of an hour take much."""
            tags = network.scores(embeddings).numpy()
            return torch.from_numpy(class_scores(modality, tags, self.classes))

        return second_scores(modality, tag(network, clip, head), smoothing, margin)
