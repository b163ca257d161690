"""Features of a clip as AV-Everyday has them: reduced embeddings by YAMNet and EfficientNet-Lite0."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from leap.data.av_everyday.build import LEARNED
from leap.data.av_everyday.learned import load_learned
from leap.data.av_everyday.picture import FRAME
from leap.data.av_everyday.reading import RATE, Samples
from leap.data.av_everyday.sound import RMS
from leap.data.registry import dataset_path
from leap.errors import require
from leap.features.batches import embed
from leap.features.everyday_networks import yamnet_patch
from leap.features.image_preprocessing import efficientnet_lite_preprocessing
from leap.features.media import Clip, audio_seconds, frames
from leap.features.networks.loading import load_network_once
from leap.features.weights import EVERYDAY, check_fetched
from leap.io.progress import with_progress

CONTEXT = 32
"""Samples before and after a second that resampling it needs: more than its filter's half-width."""

Features = dict[str, NDArray[np.float32]]


def av_everyday_features(clip: Clip, weights: Path) -> Features:
    """Features of a clip for parsers that were trained on AV-Everyday.

    The clip is brought into the form of the data set's videos. Sound is limited to 4 kHz and scaled to a
    root mean square of 0.1 over the whole clip; the frame in the middle of each second is resized to
    128 × 128 pixels.

    Args:
        clip: the video; visual features of a clip without a video stream are zeros.
        weights: folder of the networks' weights.

    Returns:
        ``audio`` and ``visual_2d``, each (T, 128).

    Raises:
        LeapError: weights are missing, or the clip is damaged.
    """
    check_fetched(EVERYDAY, weights)
    reduction = load_learned(dataset_path("av-everyday").with_name(LEARNED))[0].reduction
    yamnet, lite0 = (load_network_once(name, weights) for name in ("yamnet", "efficientnet-lite0"))
    heard = map(yamnet_patch, doubled(_leveled(clip)))
    features = {"audio": _reduced(yamnet, reduction["audio"], with_progress(heard, "YAMNet", clip.segments))}
    if not clip.has_video:
        return features | {"visual_2d": np.zeros_like(features["audio"])}
    images = map(efficientnet_lite_preprocessing(FRAME), frames(clip, rate=1, start=0.5))
    seen = with_progress(images, "EfficientNet-Lite", clip.segments)
    return features | {"visual_2d": _reduced(lite0, reduction["visual"], seen)}


def _reduced(network: nn.Module, reduction: nn.Module, inputs: Iterable[Tensor]) -> NDArray[np.float32]:
    """Reduced embeddings, (T, 128), batch by batch: the embeddings take ten times the memory."""
    return embed(lambda batch: reduction(network(batch)), inputs)


def doubled(seconds: Iterable[Samples]) -> Iterator[Samples]:
    """Resample seconds of sound to twice their rate, as if they were resampled as one signal.

    Args:
        seconds: sound at 8 kHz, each second (8000,).

    Yields:
        Each second at 16 kHz, (16000,).
    """
    resample = require("scipy.signal", "media").resample_poly
    before = np.zeros(CONTEXT, np.float32)
    for second, after in pairwise(chain(seconds, [np.zeros(CONTEXT, np.float32)])):
        surrounded = np.concatenate([before, second, after[:CONTEXT]])
        yield resample(surrounded, 2, 1)[2 * CONTEXT : -2 * CONTEXT]
        before = second[-CONTEXT:]


def _leveled(clip: Clip) -> Iterator[Samples]:
    """Seconds of the clip's sound, (8000,), at the level of AV-Everyday's; the sound is decoded twice."""
    seconds = with_progress(audio_seconds(clip, RATE), "loudness", clip.segments)
    power = np.mean([np.mean(second**2) for second in seconds])
    gain = np.float32(RMS / np.sqrt(power)) if power else np.float32(0)
    return (gain * second for second in audio_seconds(clip, RATE))
