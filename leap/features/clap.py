"""CLAP (Wu et al., ICASSP 2023) as VALOR takes it: maps of ten seconds, embeddings of single ones."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leap.features.media import Clip, sound
from leap.features.progress import watched

RATE = 48_000
WINDOW = 10
"""Seconds that CLAP hears at once; a shorter sound is repeated to fill them."""

LOWEST, HIGHEST = 50, 14_000
"""Hertz between which LAION's CLAP hears."""

Array = NDArray[np.float32]


def maps(network: Any, clip: Clip) -> Array:
    """The last maps of every ten seconds, 2 bands × 32 times of each, (64·⌈T/10⌉, 768)."""
    windows = watched(_windows(clip), "CLAP", -(-clip.segments // WINDOW))
    found = [_heard(network, [window]).last_hidden_state[0] for window in windows]  # each (768, 2, 32)
    return torch.cat([one.flatten(1).T for one in found]).numpy()


def embeddings(network: Any, clip: Clip) -> Array:
    """Embeddings of every second, of length 1, (T, 512)."""
    seconds = watched(sound(clip, RATE), "CLAP", clip.segments)
    pooled = [_heard(network, [second]).pooler_output for second in seconds]  # each (1, 768)
    with torch.inference_mode():
        found = network.audio_projection(torch.cat(pooled))
    return torch.nn.functional.normalize(found, dim=-1).numpy()


def _heard(network: Any, sounds: list[Array]) -> Any:
    """What the audio model makes of sounds of at most ten seconds.

    None is marked as longer than that; the library marks one of every batch at random.
    """
    with torch.inference_mode():
        mel: Tensor = _front_end()(sounds, sampling_rate=RATE, return_tensors="pt")["input_features"]
        longer = torch.zeros(len(sounds), 1, dtype=torch.bool)
        return network.audio_model(input_features=mel.float(), is_longer=longer)


def _windows(clip: Clip) -> Iterator[Array]:
    seconds = sound(clip, RATE)
    while window := list(islice(seconds, WINDOW)):
        yield np.concatenate(window)


@cache
def _front_end() -> Any:
    """Log-mel energies of 64 bands, as CLAP with fusion takes them."""
    from transformers import ClapFeatureExtractor

    return ClapFeatureExtractor(frequency_min=LOWEST, frequency_max=HIGHEST)
