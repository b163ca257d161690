"""Kinds of features by name: networks, files in LLP's official layout, and how to extract them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import SEGMENTS
from leap.data.llp.features import FEATURES, Source, average_frames
from leap.features.audio_features import audioset_features, vggish_features
from leap.features.clap_features import clap_feature_maps
from leap.features.media import Clip
from leap.features.networks import efficientnet_lite, yamnet
from leap.features.networks.loading import load_network_once
from leap.features.tagger_features import PATCHES, efficientnet_lite_features, yamnet_features
from leap.features.visual_features import clip_features, r2plus1d_features, resnet152_features

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Extractor:
    """Extractor of one kind of features.

    Attributes:
        networks: names of its networks in `leap.features.weights.WEIGHTS`.
        function: networks and clip → features, (rows, width).
        source: folder and shape of its files in LLP's official layout.
        modality: stream that the features come from.
    """

    networks: tuple[str, ...]
    function: Callable[..., Array]
    source: Source
    modality: Literal["audio", "visual"]

    @property
    def width(self) -> int:
        """Width of a feature vector."""
        return self.source.shape[1]

    def __call__(self, clip: Clip, weights: Path) -> Array:
        """Extract the features of a clip in the layout of their file.

        Args:
            clip: the video; visual features of a clip without a video stream are zeros.
            weights: folder of the networks' weights.

        Returns:
            (rows, width), with ``source.rows_of(T)`` rows for T seconds.

        Raises:
            LeapError: weights are missing, or the clip is damaged.
        """
        if self.modality == "visual" and not clip.has_video:
            return np.zeros((self.source.rows_of(clip.segments), self.width), np.float32)
        return self.function(*(load_network_once(name, weights) for name in self.networks), clip)

    def pooled(self, clip: Clip, weights: Path) -> Array:
        """Extract the features of a clip and pool them to segments, (T, width).

        Args:
            clip: the video.
            weights: folder of the networks' weights.

        Raises:
            LeapError: weights are missing, or the clip is damaged.
        """
        array = self(clip, weights)
        return array if self.source.pool is None else self.source.pool(array, clip.segments)


SOURCES = {source.name: source for source in FEATURES}
AUDIOSET = Source("audioset", "feats/audioset", SOURCES["audio"].shape)
YAMNET = Source("yamnet", "feats/yamnet", (PATCHES * SEGMENTS, yamnet.WIDTH), average_frames)
LITE = [
    Source(
        f"efficientnet_lite{variant}",
        f"feats/efficientnet_lite{variant}",
        (SEGMENTS, efficientnet_lite.WIDTH),
    )
    for variant in (0, 1)
]

EXTRACTORS = {
    "audio": Extractor(("vggish",), vggish_features, SOURCES["audio"], "audio"),
    "visual_2d": Extractor(("resnet-152",), resnet152_features, SOURCES["visual_2d"], "visual"),
    "visual_3d": Extractor(("r2plus1d_18",), r2plus1d_features, SOURCES["visual_3d"], "visual"),
    "clip": Extractor(("clip",), clip_features, SOURCES["clip"], "visual"),
    "clap": Extractor(("clap",), clap_feature_maps, SOURCES["clap"], "audio"),
    "audioset": Extractor(("vggish", "vggish-pca"), audioset_features, AUDIOSET, "audio"),
    "yamnet": Extractor(("yamnet",), yamnet_features, YAMNET, "audio"),
    "efficientnet_lite0": Extractor(("efficientnet-lite0",), efficientnet_lite_features, LITE[0], "visual"),
    "efficientnet_lite1": Extractor(("efficientnet-lite1",), efficientnet_lite_features, LITE[1], "visual"),
}
"""Kind of features → its extractor."""
