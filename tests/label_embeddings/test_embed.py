import json

import numpy as np
import pytest
import torch

from leap.data.classes import AV_DIGITS, LLP
from leap.errors import LeapError
from leap.label_embeddings import embed, label_embeddings
from leap.label_embeddings.embed import cache_folder, embed_labels
from leap.label_embeddings.ngrams import ngram_embeddings

PROMPTS = [["dog"], ["frying food", "food"]]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "leap" / "labels"


@pytest.fixture
def glove(tmp_path):
    (tmp_path / "glove.txt").write_text("frying 1 2 3\nfood 3 2 5\ndog -1 0 2\n")
    return tmp_path / "glove.txt"


def test_prompts_are_averaged(glove):
    rows = embed_labels("glove", PROMPTS, str(glove))
    assert torch.equal(rows, torch.tensor([[-1.0, 0, 2], [2.5, 2, 4.5]]))
    one, two = ngram_embeddings(["frying food", "food"])
    assert torch.allclose(embed_labels("ngrams", PROMPTS)[1], (one + two) / 2)


def test_what_was_embedded_is_kept_by_text_and_model(glove, cache, monkeypatch):
    first = embed_labels("glove", PROMPTS, str(glove))
    calls = []

    def count(texts, path):
        calls.append(texts)
        return torch.ones(len(texts), 3)

    monkeypatch.setattr(embed, "glove_embeddings", count)
    assert cache_folder() == cache
    assert torch.equal(embed_labels("glove", PROMPTS, str(glove)), first)
    assert calls == []
    embed_labels("glove", [["dog"]], str(glove))
    glove.write_text(glove.read_text() + "cat 1 1 1\n")
    embed_labels("glove", PROMPTS, str(glove))
    assert len(calls) == 2
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_cache_is_made_again(glove, cache, content):
    first = embed_labels("glove", PROMPTS, str(glove))
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:-3] if content is None else content)
    assert torch.equal(embed_labels("glove", PROMPTS, str(glove)), first)
    assert np.array_equal(np.load(path), first)


def test_nothing_is_kept_of_a_failure(glove, cache):
    with pytest.raises(LeapError, match="no vectors of cat"):
        embed_labels("glove", [["cat"]], str(glove))
    assert not cache.exists()


def test_command(glove, leap, refused, tmp_path):
    out = tmp_path / "labels.npy"
    command = ("data", "embed-labels", "--out", out, "--force", "--source")
    assert leap(*command, "ngrams")[:2] == (0, f"{out}\n")
    assert torch.equal(label_embeddings(str(out), LLP), ngram_embeddings(LLP))
    assert leap(*command, "ngrams", "--classes", "av-digits")[0] == 0
    assert torch.equal(label_embeddings(str(out), AV_DIGITS), ngram_embeddings(AV_DIGITS))
    (tmp_path / "classes.txt").write_text("Dog\nFrying_(food)\n")
    (tmp_path / "prompts.json").write_text(json.dumps({"Dog": ["dog"], "Frying_(food)": PROMPTS[1]}))
    options = ("--classes", tmp_path / "classes.txt", "--prompts", tmp_path / "prompts.json")
    assert leap(*command, "glove", "--model", glove, *options)[0] == 0
    assert np.load(out).tolist() == [[-1, 0, 2], [2.5, 2, 4.5]]
    assert "source glove needs --model" in refused(*command, "glove")
    assert "cannot be read" in refused(*command, "glove", "--model", tmp_path / "none.txt")
    assert "hf download" in refused(*command, "transformers", "--model", "no such/model/at all")
    assert "as .npy" in refused("data", "embed-labels", "--source", "ngrams", "--out", tmp_path / "x.pt")
