"""Features of a clip as AV-Digits has them: the outputs of its student networks."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.data.av_digits.build import NETWORKS
from leap.data.av_digits.networks import inputs, load_networks
from leap.data.av_digits.rendering import FRAME, RATE
from leap.data.registry import dataset_path
from leap.errors import require
from leap.features.batches import embed
from leap.features.media import Clip, audio_seconds, frames
from leap.io.progress import with_progress

Features = dict[str, NDArray[np.float32]]


def av_digits_features(clip: Clip, weights: Path) -> Features:
    """Features of a clip for parsers that were trained on AV-Digits.

    Sound is taken at 8 kHz and as loud as it is; the frame in the middle of each second, without its colors,
    is resized to 32 × 32 pixels. Digits should be bright on a dark ground.

    Args:
        clip: the video; visual features of a clip without a video stream are zeros.
        weights: not read, because these networks ship with the package.

    Returns:
        ``audio`` and ``visual_2d``, each (T, 128).

    Raises:
        LeapError: the clip is damaged.
    """
    networks, scales, _ = load_networks(dataset_path("av-digits").with_name(NETWORKS))
    students = networks["student"]
    seconds = with_progress(audio_seconds(clip, RATE), "sound", clip.segments)
    heard = (inputs("audio", second[None])[0] for second in seconds)  # (1, 40, windows)
    features = {"audio": embed(students["audio"].features, heard) / scales["audio"].numpy()}
    if not clip.has_video:
        return features | {"visual_2d": np.zeros_like(features["audio"])}
    seen = map(_image, with_progress(frames(clip, rate=1, start=0.5), "frames", clip.segments))
    return features | {"visual_2d": embed(students["visual"].features, seen) / scales["visual"].numpy()}


def _image(frame: NDArray[np.uint8]) -> Tensor:
    """The visual network's input, (1, 32, 32) in 0…1, for a frame, (height, width, 3)."""
    pillow = require("PIL.Image", "media")
    small = pillow.fromarray(frame).convert("L").resize((FRAME, FRAME), pillow.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)[None]
