"""VGGish features of a clip: raw, as in LLP, or post-processed, as in AudioSet's release."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.features.batches import embed
from leap.features.log_mel import log_mel_patch
from leap.features.media import Clip, audio_seconds
from leap.io.progress import with_progress

Array = NDArray[np.float32]


def vggish_features(network: nn.Module, clip: Clip) -> Array:
    """VGGish embeddings of every second, (T, 128); missing audio is treated as silence.

    Args:
        network: `leap.features.networks.vggish.VGGish`.
        clip: the video.

    Raises:
        LeapError: the audio stream is damaged.
    """
    return embed(network, with_progress(map(_patch, audio_seconds(clip)), "VGGish", clip.segments))


def audioset_features(network: nn.Module, post_processing: nn.Module, clip: Clip) -> Array:
    """VGGish embeddings of every second with AudioSet's post-processing, (T, 128): integers 0…255 in float32.

    Args:
        network: `leap.features.networks.vggish.VGGish`.
        post_processing: `leap.features.networks.vggish.PostProcessing`.
        clip: the video.

    Raises:
        LeapError: the audio stream is damaged.
    """
    with torch.inference_mode():
        return post_processing(torch.from_numpy(vggish_features(network, clip))).numpy()


def _patch(second: Array) -> Tensor:
    return torch.from_numpy(log_mel_patch(second)).float()  # (96, 64)
