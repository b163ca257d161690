"""Every kind of features: its network, its shape, and what extracts it from a video file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import SEGMENTS
from leap.data.llp.features import FEATURES, Source
from leap.extract import features
from leap.extract.networks import load_network
from leap.media import Clip

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Extractor:
    """A kind of features.

    Attributes:
        network: name of its network.
        function: what extracts it, of a network and a clip.
        source: its files in LLP's official layout.
        seen: whether it is of pictures.
    """

    network: str
    function: Callable[[Any, Clip], Array]
    source: Source
    seen: bool = True

    @property
    def rows(self) -> int:
        """Rows a second."""
        return self.source.shape[0] // SEGMENTS

    @property
    def width(self) -> int:
        """Width of a row."""
        return self.source.shape[1]

    def __call__(self, clip: Clip, weights: Path) -> Array:
        """Features of a clip, (rows · T, width); zeros where it has no pictures.

        Raises:
            LeapError: weights are not there, or the clip is damaged.
        """
        if self.seen and not clip.pictures:
            return np.zeros((self.rows * clip.segments, self.width), np.float32)
        return self.function(_network(self.network, weights), clip)


SOURCES = {source.name: source for source in FEATURES}
EXTRACTORS = {
    "audio": Extractor("vggish", features.vggish, SOURCES["audio"], seen=False),
    "visual_2d": Extractor("resnet-152", features.resnet, SOURCES["visual_2d"]),
    "visual_3d": Extractor("r2plus1d_18", features.r2plus1d, SOURCES["visual_3d"]),
    "clip": Extractor("clip", features.clip_image, SOURCES["clip"]),
}


@cache
def _network(name: str, weights: Path) -> Any:
    """A network, which a process loads once."""
    return load_network(name, weights)
