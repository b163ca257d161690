"""Embed texts with pretrained encoders of the ``transformers`` library."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from leap.errors import LeapError, require
from leap.io.reason import os_reason, reason

FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
"""Patterns of the model files to download, which exclude code and pickled weights."""

VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "*.model")
"""Patterns of vocabulary files; a tokenizer needs at least one of them."""


def find_model(name: str) -> Path:
    """Find the folder of a model: a local folder, or a hub name, downloaded now or earlier.

    Raises:
        LeapError: the model is not present and cannot be downloaded, or the ``text`` extra is not installed.
    """
    if Path(name).is_dir():
        return Path(name)
    if Path(name).exists():
        raise LeapError(f"{name}: is not a folder; give the folder of a text encoder")
    hub = require("huggingface_hub", "text")
    try:
        return Path(hub.snapshot_download(name, allow_patterns=FILES))
    except Exception as error:  # from the hub, the network or a bad name
        command, why = f"`hf download {name} --local-dir FOLDER`", os_reason(error) or type(error).__name__
        raise LeapError(
            f"{name}: no such folder, and it cannot be downloaded ({why}); "
            f"run {command} where there is a network, and give that FOLDER as --model"
        ) from None


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a model in a folder; code in the folder is not run.

    Raises:
        ValueError: the folder has no vocabulary; the library would return an empty tokenizer.
        LeapError: the ``text`` extra is not installed.
    """
    transformers = require("transformers", "text")

    if not any(list(folder.glob(pattern)) for pattern in VOCABULARIES):
        raise ValueError(f"none of {', '.join(VOCABULARIES)}")
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def encoder_embeddings(texts: Sequence[str], folder: Path) -> Tensor:
    """Embed texts with a model in a folder.

    A CLIP model gives its projected text embedding; any other encoder gives the mean of its last layer over
    the tokens that are not padding. Weights are read as safetensors; code in the folder is not run.

    Args:
        texts: the n texts.
        folder: folder of the model, from `find_model`.

    Returns:
        Embeddings, float32 (n, L).

    Raises:
        LeapError: the folder does not hold such a model, or the ``text`` extra is not installed.
    """
    transformers = require("transformers", "text")
    safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = load_tokenizer(folder)
        clip = "clip" in transformers.AutoConfig.from_pretrained(folder, **safely).model_type
        kind = transformers.CLIPTextModelWithProjection if clip else transformers.AutoModel
        model = kind.from_pretrained(folder, use_safetensors=True, **safely).eval()
    except Exception as error:  # transformers raises many kinds
        what = "a text encoder with safetensors weights and a tokenizer"
        raise LeapError(f"{folder}: not {what} ({reason(error)})") from None
    with torch.inference_mode():
        tokens = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
        output = model(**{name: tokens[name] for name in ("input_ids", "attention_mask")})
    if clip:
        return output.text_embeds.float().clone()
    mask = tokens["attention_mask"].unsqueeze(-1)  # (n, tokens, 1)
    return ((output.last_hidden_state * mask).sum(1) / mask.sum(1)).float()
