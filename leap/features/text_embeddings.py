"""Text embeddings by CLIP and CLAP, comparable with their embeddings of frames and audio."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.networks.loading import load_network_once
from leap.features.weights import find_weights
from leap.io.reason import explain, reason
from leap.label_embeddings.encoders import load_tokenizer


@cache
def text_embeddings(name: str, texts: tuple[str, ...], weights: Path) -> NDArray[np.float32]:
    """L2-normalized text embeddings, cached per process.

    Args:
        name: ``"clip"`` or ``"clap"``.
        texts: n texts.
        weights: folder of the networks' weights.

    Returns:
        One row per text: (n, 768) for CLIP, (n, 512) for CLAP.

    Raises:
        LeapError: weights or tokenizer are missing, or ``transformers`` is not installed.
    """
    network = load_network_once(name, weights)
    with torch.inference_mode():
        tokens = _tokenizer(name, weights)(list(texts), padding=True, return_tensors="pt")
        embeddings = network.text_projection(network.text_model(**tokens).pooler_output)
    return torch.nn.functional.normalize(embeddings, dim=-1).numpy()


def _tokenizer(name: str, weights: Path) -> Any:
    path = find_weights(name, weights)
    try:
        return load_tokenizer(path)
    except LeapError:
        raise
    except Exception as error:  # transformers raises many types of exceptions
        remedy = f"move the folder away, and get it with `leap weights fetch {name} --weights {weights}`"
        why = explain(error, f"no tokenizer of {name} can be read ({reason(error)})", remedy)
        raise LeapError(f"{path}: {why}") from None
