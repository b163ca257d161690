"""Audio features of a clip by CLAP (Wu et al., ICASSP 2023, arXiv 2211.06687), as VALOR uses it.

VALOR (arXiv 2305.17343) uses the last feature maps of ten-second windows as features, and the embeddings of
single seconds for pseudo-labels. The network is ``ClapModel`` of ``transformers`` with feature fusion.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.errors import require
from leap.features.media import Clip, audio_seconds
from leap.io.progress import with_progress

SAMPLE_RATE = 48_000
WINDOW = 10
"""Seconds per input of CLAP; shorter audio is repeated to this length."""

MIN_HERTZ, MAX_HERTZ = 50, 14_000
"""Frequency range of the mel bands in LAION's configuration; the default of ``transformers`` differs."""

Array = NDArray[np.float32]


def clap_feature_maps(network: Any, clip: Clip) -> Array:
    """CLAP's last feature maps, (64·⌈T/10⌉, 768): 2 frequency bands × 32 time steps per ten seconds.

    `leap.data.llp.features.pool_clap` pools them to segments.

    Args:
        network: ``ClapModel`` of ``transformers``.
        clip: the video.

    Raises:
        LeapError: the audio stream is damaged, or ``transformers`` is not installed.
    """
    windows = with_progress(_windows(clip), "CLAP", -(-clip.segments // WINDOW))
    maps = [_audio_output(network, window).last_hidden_state[0] for window in windows]  # each (768, 2, 32)
    return torch.cat([one.flatten(1).T for one in maps]).numpy()


def clap_embeddings(network: Any, clip: Clip) -> Array:
    """L2-normalized CLAP embeddings of every second, (T, 512).

    Args:
        network: ``ClapModel`` of ``transformers``.
        clip: the video.

    Raises:
        LeapError: the audio stream is damaged, or ``transformers`` is not installed.
    """
    seconds = with_progress(audio_seconds(clip, SAMPLE_RATE), "CLAP", clip.segments)
    pooled = [_audio_output(network, second).pooler_output for second in seconds]  # each (1, 768)
    with torch.inference_mode():
        embeddings = network.audio_projection(torch.cat(pooled))
    return torch.nn.functional.normalize(embeddings, dim=-1).numpy()


def _audio_output(network: Any, samples: Array) -> Any:
    """Output of the audio model for at most ten seconds.

    ``is_longer`` is always False, whereas the feature extractor would set it for one random input per batch.
    """
    with torch.inference_mode():
        inputs = _feature_extractor()([samples], sampling_rate=SAMPLE_RATE, return_tensors="pt")
        mel: Tensor = inputs["input_features"]  # (1, 4, 1001, 64)
        return network.audio_model(input_features=mel.float(), is_longer=torch.tensor([[False]]))


def _windows(clip: Clip) -> Iterator[Array]:
    seconds = audio_seconds(clip, SAMPLE_RATE)
    while window := list(islice(seconds, WINDOW)):
        yield np.concatenate(window)


@cache
def _feature_extractor() -> Any:
    """Feature extractor for the 64-band log-mel spectrograms of CLAP with fusion."""
    transformers = require("transformers", "text")
    return transformers.ClapFeatureExtractor(frequency_min=MIN_HERTZ, frequency_max=MAX_HERTZ)
