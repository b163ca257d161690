"""Every kind of features: its networks, its shape, and what extracts it from a video file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leap.data.llp.features import FEATURES, Source
from leap.features import clap
from leap.features import embeddings as features
from leap.features.media import Clip
from leap.features.networks.loading import network

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Extractor:
    """A kind of features.

    Attributes:
        networks: names of its networks.
        function: what extracts it, of the networks and a clip.
        source: its files in LLP's official layout.
        seen: whether it is of pictures.
    """

    networks: tuple[str, ...]
    function: Callable[..., Array]
    source: Source
    seen: bool = True

    @property
    def width(self) -> int:
        """Width of a row."""
        return self.source.shape[1]

    def __call__(self, clip: Clip, weights: Path) -> Array:
        """Features of a clip, (rows, width) as its file holds them; zeros where it has no pictures.

        Raises:
            LeapError: weights are not there, or the clip is damaged.
        """
        if self.seen and not clip.pictures:
            return np.zeros((self.source.rows_of(clip.segments), self.width), np.float32)
        return self.function(*(network(name, weights) for name in self.networks), clip)

    def pooled(self, clip: Clip, weights: Path) -> Array:
        """Features of a clip, (T, width).

        Raises:
            LeapError: weights are not there, or the clip is damaged.
        """
        array = self(clip, weights)
        return array if self.source.pool is None else self.source.pool(array, clip.segments)


SOURCES = {source.name: source for source in FEATURES}
AUDIOSET = Source("audioset", "feats/audioset", SOURCES["audio"].shape)

EXTRACTORS = {
    "audio": Extractor(("vggish",), features.vggish, SOURCES["audio"], seen=False),
    "visual_2d": Extractor(("resnet-152",), features.resnet, SOURCES["visual_2d"]),
    "visual_3d": Extractor(("r2plus1d_18",), features.r2plus1d, SOURCES["visual_3d"]),
    "clip": Extractor(("clip",), features.clip_image, SOURCES["clip"]),
    "clap": Extractor(("clap",), clap.maps, SOURCES["clap"], seen=False),
    "audioset": Extractor(("vggish", "vggish-pca"), features.audioset, AUDIOSET, seen=False),
}
