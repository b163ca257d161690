"""Visual features of a clip: ResNet-152 and CLIP of single frames, R(2+1)D-18 of every second."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.features.batches import embed, in_batches
from leap.features.image_preprocessing import CLIP, IMAGENET, KINETICS
from leap.features.media import Clip, frames
from leap.features.media.video import FRAME_RATE
from leap.io.progress import with_progress

Array = NDArray[np.float32]


def resnet152_features(network: nn.Module, clip: Clip) -> Array:
    """Pooled ResNet-152 features of eight frames per second, (8·T, 2048).

    Args:
        network: ``ResNetModel`` of ``transformers``.
        clip: a video with a video stream.

    Raises:
        LeapError: the video stream is damaged.
    """
    images = with_progress(map(IMAGENET, frames(clip)), "ResNet-152", FRAME_RATE * clip.segments)
    return embed(lambda batch: network(batch).pooler_output.flatten(1), images)


def r2plus1d_features(network: nn.Module, clip: Clip) -> Array:
    """R(2+1)D-18 features of the eight frames of every second, (T, 512).

    Args:
        network: `leap.features.networks.r2plus1d.R2Plus1D`.
        clip: a video with a video stream.

    Raises:
        LeapError: the video stream is damaged.
    """
    images = in_batches(map(KINETICS, frames(clip)), FRAME_RATE)
    seconds = (torch.stack(second, dim=1) for second in images)  # each (3, 8, 112, 112)
    return embed(network, with_progress(seconds, "R(2+1)D-18", clip.segments))


@lru_cache(maxsize=1)  # shared by the features and pseudo-labels of a clip
def clip_features(network: Any, clip: Clip) -> Array:
    """L2-normalized CLIP embeddings of one frame per second, (T, 768).

    Args:
        network: ``CLIPModel`` of ``transformers``.
        clip: a video with a video stream.

    Raises:
        LeapError: the video stream is damaged.
    """

    def embed_images(batch: Tensor) -> Tensor:
        """(n, 3, 224, 224) → (n, 768); the return type of ``get_image_features`` varies between releases."""
        return network.visual_projection(network.vision_model(pixel_values=batch).pooler_output)

    embeddings = embed(
        embed_images, with_progress(map(CLIP, evenly_spaced_frames(clip)), "CLIP", clip.segments)
    )
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def evenly_spaced_frames(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    """T of the 8·T frames, evenly spaced from the first to the last, as VALOR selects them."""
    chosen = np.round(np.linspace(0, FRAME_RATE * clip.segments - 1, clip.segments)).astype(int)
    wanted = set(chosen.tolist())
    return (frame for index, frame in enumerate(frames(clip)) if index in wanted)
