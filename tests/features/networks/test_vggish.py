"""The published network: number of parameters, shapes, and parameter names of its public weights."""

import pytest
import torch

from leap.features.networks.vggish import PostProcessing, VGGish


@pytest.fixture(scope="module")
def vggish():
    torch.manual_seed(0)
    return VGGish().eval()


def test_vggish_is_the_published_network(vggish):
    assert sum(parameter.numel() for parameter in vggish.parameters()) == 72_141_184
    shapes = {name: tuple(value.shape) for name, value in vggish.state_dict().items()}
    assert len(shapes) == 18
    assert shapes["features.0.weight"] == (64, 1, 3, 3)
    assert shapes["features.13.weight"] == (512, 512, 3, 3)
    assert shapes["embeddings.0.weight"] == (4096, 12288)
    assert shapes["embeddings.4.weight"] == (128, 4096)


def test_vggish_embeds_patches_with_channels_last(vggish):
    patches = torch.randn(2, 96, 64)
    with torch.inference_mode():
        found = vggish(patches)
        maps = vggish.features(patches[:, None])
        one = torch.stack([maps[0, :, i, j] for i in range(6) for j in range(4)]).flatten()
        torch.testing.assert_close(found[0], vggish.embeddings(one))
    assert found.shape == (2, 128)
    assert (found >= 0).all()


def test_post_processing_projects_clips_and_counts_steps():
    process = PostProcessing()
    process.load_state_dict({"pca_eigen_vectors": torch.eye(128).flip(0), "pca_means": torch.ones(128, 1)})
    embeddings = torch.zeros(3, 128)
    embeddings[0, 0], embeddings[1, 1], embeddings[2, 2] = 1.0, 100.0, -100.0
    found = process(embeddings)
    assert found.shape == (3, 128)
    assert found[0, 127] == round(2 * 255 / 4)  # 1 − 1 = 0, in the middle; last, as the order is reversed
    assert (found[1, 126], found[2, 125]) == (255, 0)
    assert found[0, 0] == round((-1 + 2) * 255 / 4)
