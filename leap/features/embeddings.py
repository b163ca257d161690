"""Features of one video, second by second, by the networks that LLP's and VALOR's features come from."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.features.media import Clip, frames, sound
from leap.features.media.decode import FRAME_RATE
from leap.features.media.logmel import patch
from leap.features.pictures import CLIP, IMAGENET, KINETICS
from leap.features.progress import watched

BATCH = 16
"""Seconds or frames that a network takes at once, so that memory does not grow with the video."""

Array = NDArray[np.float32]


def vggish(network: nn.Module, clip: Clip) -> Array:
    """VGGish of every second, (T, 128)."""
    return _embedded(network, watched(map(_patch, sound(clip)), "VGGish", clip.segments))


def resnet(network: nn.Module, clip: Clip) -> Array:
    """ResNet-152 of eight frames a second, (8·T, 2048)."""
    pictures = watched(map(IMAGENET, frames(clip)), "ResNet-152", FRAME_RATE * clip.segments)
    return _embedded(lambda batch: network(batch).pooler_output.flatten(1), pictures)


def r2plus1d(network: nn.Module, clip: Clip) -> Array:
    """R(2+1)D-18 of every second's eight frames, (T, 512)."""
    seconds = (torch.stack(second, dim=1) for second in _batches(map(KINETICS, frames(clip)), FRAME_RATE))
    return _embedded(network, watched(seconds, "R(2+1)D-18", clip.segments))  # of (3, 8, 112, 112)


def audioset(network: nn.Module, process: nn.Module, clip: Clip) -> Array:
    """VGGish of every second after the post-processing of AudioSet's features, whole numbers, (T, 128)."""
    with torch.inference_mode():
        return process(torch.from_numpy(vggish(network, clip))).numpy()


@lru_cache(maxsize=1)  # features and pseudo labels of one clip need the same
def clip_image(network: Any, clip: Clip) -> Array:
    """CLIP of one frame a second, of length 1, (T, 768)."""

    def embed(batch: Tensor) -> Tensor:
        """What the library's own function of changing return type computes, (n, 768)."""
        return network.visual_projection(network.vision_model(pixel_values=batch).pooler_output)

    found = _embedded(embed, watched(map(CLIP, middle_frames(clip)), "CLIP", clip.segments))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def middle_frames(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    """T of the 8·T frames, evenly from the first to the last, as VALOR takes them."""
    chosen = np.round(np.linspace(0, FRAME_RATE * clip.segments - 1, clip.segments)).astype(int)
    wanted = set(chosen.tolist())
    return (picture for index, picture in enumerate(frames(clip)) if index in wanted)


def _patch(second: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(patch(second)).float()


def _embedded(network: Callable[[Tensor], Tensor], inputs: Iterable[Tensor]) -> Array:
    with torch.inference_mode():
        return torch.cat([network(torch.stack(batch)) for batch in _batches(inputs, BATCH)]).numpy()


def _batches(items: Iterable[Tensor], size: int) -> Iterator[list[Tensor]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
