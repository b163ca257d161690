"""Label embeddings from pretrained text encoders of the ``transformers`` library."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from leap.errors import LeapError

FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
"""What is downloaded of a model: no code, no pickled weights."""

VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "*.model")


def find_model(name: str) -> Path:
    """The folder of a model: a local one, else downloaded from the hub or from an earlier download.

    Raises:
        LeapError: it is neither here nor can it be downloaded, or ``transformers`` is not installed.
    """
    if Path(name).is_dir():
        return Path(name)
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, allow_patterns=FILES))
    except ImportError:
        raise LeapError("pretrained encoders need transformers: pip install 'leap-avvp[text]'") from None
    except Exception as error:  # of the hub, the network and bad names
        raise LeapError(
            f"{name}: no such folder, and it cannot be downloaded ({type(error).__name__}); where there is a "
            f"network, `hf download {name} --local-dir FOLDER`, and give that FOLDER as --model"
        ) from None


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model in a folder; code that comes with it is not run.

    Raises:
        ValueError: there is no vocabulary, without which the library would make up an empty tokenizer.
    """
    import transformers

    if not any(list(folder.glob(pattern)) for pattern in VOCABULARIES):
        raise ValueError(f"none of {', '.join(VOCABULARIES)}")
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def encoder_embeddings(texts: Sequence[str], folder: Path) -> Tensor:
    """Embeddings of texts by a model in a folder, (n, L).

    Of a CLIP model the projected text embedding, of any other encoder the mean of the last layer over the
    tokens that are not padding. Weights are read as safetensors; code that comes with a model is not run.

    Raises:
        LeapError: the folder holds no model that can be read so, or ``transformers`` is not installed.
    """
    try:
        import transformers
    except ImportError:
        raise LeapError("pretrained encoders need transformers: pip install 'leap-avvp[text]'") from None
    safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = load_tokenizer(folder)
        clip = "clip" in transformers.AutoConfig.from_pretrained(folder, **safely).model_type
        kind = transformers.CLIPTextModelWithProjection if clip else transformers.AutoModel
        model = kind.from_pretrained(folder, use_safetensors=True, **safely).eval()
    except Exception as error:  # transformers raises many kinds
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LeapError(
            f"{folder}: not a text encoder with safetensors weights and a tokenizer ({reason})"
        ) from None
    with torch.inference_mode():
        tokens = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
        output = model(**{name: tokens[name] for name in ("input_ids", "attention_mask")})
    if clip:
        return output.text_embeds.float().clone()
    mask = tokens["attention_mask"].unsqueeze(-1)  # (n, tokens, 1)
    return ((output.last_hidden_state * mask).sum(1) / mask.sum(1)).float()
