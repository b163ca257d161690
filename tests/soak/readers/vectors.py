"""Word vectors, against a second reading that knows nothing but plain numbers."""

import re

import torch

from leap.label_embeddings.glove import glove_embeddings
from tests.soak.fuzzing import Kind
from tests.soak.mutations import mutated_text

TEXTS = ("a boiling kettle", "Öl", "kettle")
VECTORS = (
    "the 0.418 0.24968 -0.41242 0.1217\nkettle -0.5 1e-05 2.25 3\na 0.1 -0.2 0.3 1.5e+1\n"
    "boiling 4.5 3.5 2.5 1.5\nöl 1 0 0 -1\ntap 0.25 0.5 0.75 1\n"
).encode()
NUMBER = r"[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?"
LINE = re.compile(rf"(\S+)((?: {NUMBER})+)", re.ASCII)


def read(folder, rng):
    (path := folder / "glove.txt").write_bytes(content := mutated_text(rng, VECTORS))
    return content, glove_embeddings(TEXTS, path)


def check(content, embeddings):
    words = {word: numbers_of(word, content) for word in ("a", "boiling", "kettle", "öl")}
    boiling_kettle = (words["a"] + words["boiling"] + words["kettle"]) / 3
    assert torch.allclose(embeddings, torch.stack([boiling_kettle, words["öl"], words["kettle"]]))
    assert embeddings.isfinite().all()


def numbers_of(word, content):
    """The numbers of the first line of a word."""
    lines = content.decode(errors="replace").replace("\r", "\n").split("\n")
    line = next(line for line in lines if line.partition(" ")[0] == word)
    return torch.tensor([float(number) for number in LINE.fullmatch(line)[2].split()])


KINDS = {"word vectors": Kind(3000, 120_000, read, check)}
