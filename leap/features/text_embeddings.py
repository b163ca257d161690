"""Embeddings of texts by CLIP and CLAP, in the space of their pictures' and sounds' embeddings."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from leap.errors import LeapError
from leap.features.networks.loading import network
from leap.features.weights import find_weights
from leap.label_embeddings.encoders import load_tokenizer


@cache
def text_embeddings(name: str, texts: tuple[str, ...], weights: Path) -> NDArray[np.float32]:
    """Embeddings of length 1, (n, width), which a process computes once.

    Args:
        name: ``"clip"`` or ``"clap"``.
        texts: the n texts.
        weights: folder of the networks' weights.

    Raises:
        LeapError: weights or tokenizer are not there.
    """
    model = network(name, weights)
    with torch.inference_mode():
        output = model.text_model(**_tokenizer(name, weights)(list(texts), padding=True, return_tensors="pt"))
        found = model.text_projection(output.pooler_output)
    return torch.nn.functional.normalize(found, dim=-1).numpy()


def _tokenizer(name: str, weights: Path) -> Any:
    path = find_weights(name, weights)
    try:
        return load_tokenizer(path)
    except Exception as error:  # transformers raises many kinds
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LeapError(f"{path}: holds no tokenizer of {name} ({reason})") from None
