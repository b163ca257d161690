"""Make a file of label embeddings; what was embedded once is kept."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import torch
from platformdirs import user_cache_path
from torch import Tensor

from leap.config import canonical_json
from leap.errors import LeapError
from leap.io.npy import write_npy
from leap.label_embeddings.encoders import encoder_embeddings, find_model
from leap.label_embeddings.files import read_label_embeddings
from leap.label_embeddings.glove import glove_embeddings
from leap.label_embeddings.ngrams import ngram_embeddings
from leap.label_embeddings.prompts import Prompts

Source = Literal["glove", "transformers", "ngrams"]


def embed_labels(source: Source, prompts: Prompts, model: str = "") -> Tensor:
    """Embed every class by the mean over its prompts, (C, L).

    The result is kept in the user's cache under a hash of prompts and model, and read from there next time.

    Args:
        source: ``"glove"`` (a file of word vectors), ``"transformers"`` (BERT-like or CLIP) or ``"ngrams"``.
        prompts: the texts of each class.
        model: the file of word vectors, or folder or hub name of the encoder.

    Raises:
        LeapError: the model is missing or cannot be read, or a word has no vector.
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
    """Write label embeddings (C, L) as a ``.npy`` file that a config's ``labels`` can name."""
    if path.suffix != ".npy":
        raise LeapError(f"{path}: label embeddings are written as .npy")
    write_npy(path, embeddings.numpy())


def cache_folder() -> Path:
    """Where embeddings are kept, in the user's cache: on Linux ``~/.cache/leap/labels``."""
    return user_cache_path("leap") / "labels"


def _embed(prompts: Prompts, encode: Callable[[Sequence[str]], Tensor]) -> Tensor:
    embedded = encode([text for texts in prompts for text in texts])  # (all texts, L)
    return torch.stack([part.mean(0) for part in embedded.split([len(texts) for texts in prompts])])


def _cached(prompts: Prompts, model: Sequence[Path], make: Callable[[], Tensor]) -> Tensor:
    path = cache_folder() / f"{_key(prompts, model)}.npy"
    try:
        return read_label_embeddings(path, len(prompts))
    except LeapError:  # not there, or damaged
        embeddings = make()
    save_label_embeddings(embeddings, path)
    return embeddings


def _key(prompts: Prompts, model: Sequence[Path]) -> str:
    digest = hashlib.sha256(canonical_json(prompts).encode())
    for path in model:
        try:
            with path.open("rb") as file:
                digest.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
        except OSError as error:
            reason = f"cannot be read ({error.strerror}); give a file of word vectors"
            raise LeapError(f"{path}: {reason}") from None
    return digest.hexdigest()[:32]
