"""Every kind of features: its network, its shape, and what extracts it from a video file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.extract import features
from leap.extract.networks import load_network
from leap.media import Clip
from leap.media.decode import FRAME_RATE

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Extractor:
    """A kind of features.

    Attributes:
        network: name of its network.
        function: what extracts it, of a network and a clip.
        rows: a second.
        width: of a row.
        folder: in LLP's official layout.
        seen: whether it is of pictures.
    """

    network: str
    function: Callable[[Any, Clip], Array]
    rows: int
    width: int
    folder: str
    seen: bool = True

    def __call__(self, clip: Clip, weights: Path) -> Array:
        """Features of a clip, (rows · T, width); zeros where it has no pictures.

        Raises:
            LeapError: weights are not there, or the clip is damaged.
        """
        if self.seen and not clip.pictures:
            return np.zeros((self.rows * clip.segments, self.width), np.float32)
        return self.function(_network(self.network, weights), clip)


EXTRACTORS = {
    "audio": Extractor("vggish", features.vggish, 1, 128, "feats/vggish", seen=False),
    "visual_2d": Extractor("resnet-152", features.resnet, FRAME_RATE, 2048, "feats/res152"),
    "visual_3d": Extractor("r2plus1d_18", features.r2plus1d, 1, 512, "feats/r2plus1d_18"),
    "clip": Extractor("clip", features.clip_image, 1, 768, "CLIP/features"),
}


@cache
def _network(name: str, weights: Path) -> Any:
    """A network, which a process loads once."""
    return load_network(name, weights)
