"""Embeddings of a clip by the taggers: YAMNet of its sound, EfficientNet-Lite of one frame per second."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.features.batches import embed
from leap.features.image_preprocessing import efficientnet_lite_preprocessing
from leap.features.log_mel import HOP, MEL_BANDS, PATCH_FRAMES, SAMPLE_RATE, WINDOW, log_mel
from leap.features.media import Clip, audio_seconds, frames
from leap.features.networks.efficientnet_lite import EfficientNetLite
from leap.features.networks.yamnet import LOG_OFFSET
from leap.io.progress import with_progress

PATCHES = 4
"""Patches of sound per second, each of 0.96 s, centred in the quarters of the second."""

STEP = SAMPLE_RATE // HOP // PATCHES
"""Spectrogram frames from one patch to the next."""

LEAD = PATCH_FRAMES * HOP // 2 - SAMPLE_RATE // PATCHES // 2
"""Samples by which the first patch begins before the clip, taken as silence."""

TAIL = LEAD + WINDOW - HOP
"""Samples of silence after the clip, by which the last patch ends, with its last window."""

FRAME_BATCH = 8
"""Frames per forward pass: larger batches do not fit a processor's cache, and are slower."""

Array = NDArray[np.float32]
Head = Callable[[Tensor], Tensor]


def identity(embeddings: Tensor) -> Tensor:
    """The embeddings, (n, width), as they are."""
    return embeddings


def yamnet_features(network: nn.Module, clip: Clip, head: Head = identity) -> Array:
    """YAMNet embeddings of four patches per second, (4·T, 1024); missing audio is treated as silence.

    Args:
        network: `leap.features.networks.yamnet.YAMNet`.
        clip: the video.
        head: what is kept of the embeddings of some patches, (n, 1024) → (n, width).

    Raises:
        LeapError: the audio stream is damaged.
    """
    patches = with_progress(yamnet_patches(audio_seconds(clip)), "YAMNet", PATCHES * clip.segments)
    return embed(lambda batch: head(network(batch)), patches)


def yamnet_patches(seconds: Iterable[NDArray[np.floating]]) -> Iterator[Tensor]:
    """Log-mel patches centred at 1/8, 3/8, 5/8 and 7/8 of every second, as YAMNet's input.

    Args:
        seconds: mono audio at 16 kHz in −1…1, each second (16000,).

    Yields:
        Four patches per second, each (96, 64).
    """
    samples, spectrogram = np.zeros(LEAD), np.zeros((0, MEL_BANDS))
    for second in chain(seconds, [np.zeros(TAIL)]):
        samples = np.concatenate([samples, second])
        new = log_mel(samples, LOG_OFFSET)
        samples, spectrogram = samples[len(new) * HOP :], np.concatenate([spectrogram, new])
        while len(spectrogram) >= PATCH_FRAMES:
            yield torch.from_numpy(spectrogram[:PATCH_FRAMES]).float()
            spectrogram = spectrogram[STEP:]


def efficientnet_lite_features(network: EfficientNetLite, clip: Clip, head: Head = identity) -> Array:
    """EfficientNet-Lite embeddings of the frame in the middle of every second, (T, 1280).

    Args:
        network: Lite0 or Lite1.
        clip: a video with a video stream.
        head: what is kept of the embeddings of some frames, (n, 1280) → (n, width).

    Raises:
        LeapError: the video stream is damaged.
    """
    images = map(efficientnet_lite_preprocessing(network.side), frames(clip, rate=1, start=0.5))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # faster on a CPU
    pictures = with_progress(images, "EfficientNet-Lite", clip.segments)
    return embed(lambda batch: head(network(batch)), pictures, FRAME_BATCH)
