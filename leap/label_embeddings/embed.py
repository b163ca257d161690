"""Embed the texts of labels, with a cache of earlier results."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import torch
from platformdirs import user_cache_path
from torch import Tensor

from leap.config import canonical_json
from leap.errors import LeapError
from leap.io.download import file_sha256
from leap.io.npy import write_npy
from leap.io.reason import reason
from leap.label_embeddings.encoders import encoder_embeddings, find_model
from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.glove import glove_embeddings
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.prompts import Prompts

Source = Literal["glove", "transformers", "ngrams"]


def embed_labels(source: Source, prompts: Prompts, model: str = "") -> Tensor:
    """Embed every class as the mean over the embeddings of its prompts.

    Except for n-grams, results are cached in the user's cache folder under a hash of prompts and model files.

    Args:
        source: ``"glove"`` (a file of word vectors), ``"transformers"`` (a BERT-like encoder or CLIP) or
            ``"ngrams"``.
        prompts: the texts of each class.
        model: the file of word vectors, or the folder or hub name of the encoder; unused for n-grams.

    Returns:
        Label embeddings, (C, L).

    Raises:
        LeapError: the model is missing or cannot be read, a word has no vector, or an extra is not installed.
    """
    if source == "ngrams":
        return _embed(prompts, ngram_embeddings)
    if not model:
        raise LeapError(f"source {source} needs --model; ngrams needs none")
    if source == "glove":
        path = Path(model)
        return _cached(prompts, [path], lambda: _embed(prompts, lambda texts: glove_embeddings(texts, path)))
    folder = find_model(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return _cached(prompts, files, lambda: _embed(prompts, lambda texts: encoder_embeddings(texts, folder)))


def save_label_embeddings(embeddings: Tensor, path: Path) -> None:
    """Write label embeddings, (C, L), as a ``.npy`` file for ``ModelConfig.labels``.

    Raises:
        LeapError: the name of the file does not end in ``.npy``.
    """
    check_label_file(path)
    write_npy(path, embeddings.numpy())


def check_label_file(path: Path) -> None:
    """Refuse to write label embeddings to a file of another format.

    Raises:
        LeapError: the name of the file does not end in ``.npy``.
    """
    if path.suffix != ".npy":
        raise LeapError(f"{path}: label embeddings are written as .npy; end the name with it")


def cache_folder() -> Path:
    """Folder of cached embeddings, on Linux ``~/.cache/leap/labels``."""
    return user_cache_path("leap") / "labels"


def _embed(prompts: Prompts, encode: Callable[[Sequence[str]], Tensor]) -> Tensor:
    embedded = encode([text for texts in prompts for text in texts])  # (all texts, L)
    return torch.stack([part.mean(0) for part in embedded.split([len(texts) for texts in prompts])])


def _cached(prompts: Prompts, model: Sequence[Path], make: Callable[[], Tensor]) -> Tensor:
    path = cache_folder() / f"{_key(prompts, model)}.npy"
    try:
        return read_label_embeddings(path, len(prompts))
    except LeapError:  # missing or damaged
        embeddings = make()
    save_label_embeddings(embeddings, path)
    return embeddings


def _key(prompts: Prompts, model: Sequence[Path]) -> str:
    digest = hashlib.sha256(canonical_json(prompts).encode())
    for path in model:
        try:
            digest.update(f"{path.name} {file_sha256(path)}".encode())
        except OSError as error:
            why = f"cannot be read ({reason(error)}); give a file of word vectors"
            raise LeapError(f"{path}: {why}") from None
    return digest.hexdigest()[:32]
