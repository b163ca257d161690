import subprocess
import sys

import pytest
import torch
from torch.nn.functional import cosine_similarity

from leap.data.classes import LLP
from leap.label_embeddings.ngrams import WIDTH, ngram_embeddings
from leap.label_embeddings.words import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Frying_(food)", ["frying", "food"]),
        ("Baby_cry_infant_cry", ["baby", "cry", "infant", "cry"]),
        ("A photo of a dog.", ["a", "photo", "of", "a", "dog"]),
        ("class 007", ["class", "007"]),
        ("_(…)", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_rows_have_unit_variance_and_do_not_depend_on_the_others():
    rows = ngram_embeddings(LLP)
    assert rows.shape == (25, WIDTH)
    torch.testing.assert_close(rows.square().mean(1), torch.ones(25))
    assert torch.equal(ngram_embeddings(LLP[3:5]), rows[3:5])


def test_texts_that_share_letters_are_similar():
    cry, laughter, car = ngram_embeddings(["baby crying", "baby laughing", "motor car"])
    assert cosine_similarity(cry, laughter, dim=0) > cosine_similarity(cry, car, dim=0) + 0.2


def test_case_and_separators_do_not_matter():
    assert torch.equal(ngram_embeddings(["Frying_(food)"]), ngram_embeddings(["frying food"]))


def test_another_process_makes_the_same():
    code = (
        "from leap.label_embeddings.ngrams import ngram_embeddings\n"
        "print(ngram_embeddings(['a dog'])[0].tolist())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert eval(result.stdout) == ngram_embeddings(["a dog"])[0].tolist()
