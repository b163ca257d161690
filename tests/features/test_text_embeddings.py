import pytest
import torch
from numpy.testing import assert_allclose

from leap.errors import LeapError
from leap.features.networks.loading import load_network
from leap.features.text_embeddings import text_embeddings
from tests.features.random_networks import save_tiny_networks, tiny_clip


def test_text_embeddings_are_the_librarys(tmp_path):
    weights = save_tiny_networks(tmp_path)
    network = load_network("clip", weights)
    tokens = torch.tensor([[3, 4, 2]])  # a dog [EOS]
    with torch.inference_mode():
        pooled = network.text_model(input_ids=tokens).pooler_output
        expected = torch.nn.functional.normalize(network.text_projection(pooled), dim=-1)
    assert_allclose(text_embeddings("clip", ("a dog", "a dog barks"), weights)[0], expected[0], atol=1e-5)


def test_weights_without_a_tokenizer_are_refused(tmp_path):
    tiny_clip().save_pretrained(tmp_path / "clip")
    with pytest.raises(LeapError, match="no tokenizer of clip can be read") as raised:
        text_embeddings("clip", ("a dog",), tmp_path)
    assert "\n" not in str(raised.value)
