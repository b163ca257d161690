import pytest
import torch

from leap.errors import LeapError
from leap.label_embeddings.glove import glove_embeddings

LINES = ["the 1 1 1", "frying 1 2 3", "food 3 2 5", "dog -1 0.5 2e-1", "dog 9 9 9", ". . 1 2"]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "glove.txt").write_text("\n".join(LINES) + "\n")
    return tmp_path / "glove.txt"


def test_mean_of_the_words(path):
    rows = glove_embeddings(["Frying_(food)", "dog", "Dog dog"], path)
    expected = torch.tensor([[2.0, 2, 4], [-1, 0.5, 0.2], [-1, 0.5, 0.2]])
    assert torch.allclose(rows, expected)


def test_a_word_without_vector_is_named(path):
    with pytest.raises(LeapError, match=r"glove.txt: no vectors of blender, cat; write other texts"):
        glove_embeddings(["cat blender", "dog"], path)
    with pytest.raises(LeapError, match="a text without words"):
        glove_embeddings(["dog", "…"], path)


NUMBERS = ["", " 1 2", " 1 2 x", " 1 2 nan", " 1 2 inf", " 1 2 1e99", " 1 2 3_0", " 1 2 ٣"]


@pytest.mark.parametrize("line", [f"food{numbers}" for numbers in NUMBERS])
def test_a_damaged_line_that_is_needed_is_refused(line, path):
    path.write_text(f"frying 1 2 3\n{line}\n")
    with pytest.raises(LeapError, match=r"glove.txt:2: (not|needs)"):
        glove_embeddings(["frying food"], path)
    assert len(glove_embeddings(["frying"], path)) == 1  # a line that is not needed is not looked at


def test_files_that_are_no_vectors(tmp_path):
    with pytest.raises(LeapError, match="no such file"):
        glove_embeddings(["dog"], tmp_path / "none.txt")
    (tmp_path / "vectors.bin").write_bytes(b"\x80\xff\x00")
    with pytest.raises(LeapError, match="neither UTF-8 nor UTF-16 text"):
        glove_embeddings(["dog"], tmp_path / "vectors.bin")


def test_the_releases_file_needs_no_embedding(tmp_path):
    with pytest.raises(LeapError, match=r"name it in model\.labels"):
        glove_embeddings(["dog"], tmp_path / "llp_label_glove_embeddings.pt")


def test_reading_stops_when_all_words_are_found(path, monkeypatch):
    path.write_text(path.read_text() + "\n".join(f"word{n} 1 2 3" for n in range(200_000)) + "\n\ud7ff")
    path.write_bytes(path.read_bytes() + b"\xff\xfe")
    assert glove_embeddings(["dog"], path).shape == (1, 3)  # the damaged end was not reached
