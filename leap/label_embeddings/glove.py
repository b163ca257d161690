"""Embed texts with a text file of word vectors, such as ``glove.6B.300d.txt``."""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from leap.errors import LeapError
from leap.io.progress import with_progress
from leap.io.reason import reason
from leap.io.text_file import NOT_TEXT, open_text
from leap.label_embeddings.words import words

NUMBER = re.compile(r"[+-]?\d+\.?\d*([eE][+-]?\d+)?", re.ASCII)
"""Syntax of a number; ``float`` would read ``1_0`` as ten."""


def glove_embeddings(texts: Sequence[str], path: Path) -> Tensor:
    """Embed every text as the mean of the vectors of its words.

    Args:
        texts: the n texts.
        path: a text file with one word and its L numbers per line; it is read line by line.

    Returns:
        Embeddings, (n, L).

    Raises:
        LeapError: the file cannot be read or is a ``.pt`` file, a word has no vector, or a text has no words.
    """
    if path.suffix == ".pt":
        raise LeapError(f"{path}: already holds label embeddings; name it in model.labels of a run config")
    wanted = {word for text in texts for word in words(text)}
    vectors = read_vectors(path, wanted)
    missing = sorted(wanted - vectors.keys())
    if missing or not all(words(text) for text in texts):
        what = f"no vectors of {', '.join(missing)}" if missing else "a text without words"
        raise LeapError(f"{path}: {what}; write other texts with --prompts, or use another source")
    return torch.stack([torch.stack([vectors[word] for word in words(text)]).mean(0) for text in texts])


def read_vectors(path: Path, wanted: set[str]) -> dict[str, Tensor]:
    """Read the vectors, (L,), of the wanted words that the file contains.

    Raises:
        LeapError: the file cannot be read, or the line of a wanted word does not hold L finite numbers.
    """
    vectors: dict[str, Tensor] = {}
    try:
        with open_text(path) as file:
            for number, line in enumerate(with_progress(file, f"read {path.name}", unit="line"), 1):
                word, _, numbers = line.rstrip("\n").partition(" ")
                if word in wanted and word not in vectors:
                    vectors[word] = _vector(numbers, vectors, f"{path}:{number}")
                    if len(vectors) == len(wanted):
                        break
    except OSError as error:
        raise LeapError(f"{path}: cannot be read ({reason(error)}); give a glove.*.txt") from None
    except UnicodeDecodeError:
        raise LeapError(f"{path}: {NOT_TEXT}; give a glove.*.txt") from None
    return vectors


def _vector(numbers: str, others: dict[str, Tensor], place: str) -> Tensor:
    if not all(map(NUMBER.fullmatch, numbers.split(" "))):
        raise LeapError(f"{place}: not a word and its numbers; give a glove.*.txt")
    vector = torch.tensor([float(number) for number in numbers.split(" ")])
    if not torch.isfinite(vector).all() or any(len(vector) != len(other) for other in others.values()):
        raise LeapError(f"{place}: needs as many finite numbers as other lines; download the file again")
    return vector
