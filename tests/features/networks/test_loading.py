"""The published networks: numbers of parameters, shapes, and parameter names of their public weights."""

import pytest
import torch

from leap.features.networks.r2plus1d import R2Plus1D
from leap.features.networks.vggish import PostProcessing, VGGish


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def vggish():
    torch.manual_seed(0)
    return VGGish().eval()


@pytest.fixture(scope="module")
def r2plus1d():
    torch.manual_seed(0)
    return R2Plus1D().eval()


def test_vggish_is_the_published_network(vggish):
    assert parameters(vggish) == 72_141_184
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


def test_r2plus1d_is_the_published_network(r2plus1d):
    assert parameters(r2plus1d) == 31_505_325
    shapes = {name: tuple(value.shape) for name, value in r2plus1d.state_dict().items()}
    assert shapes["stem.0.weight"] == (45, 3, 1, 7, 7)
    assert shapes["stem.3.weight"] == (64, 45, 3, 1, 1)
    assert shapes["layer1.0.conv1.0.0.weight"] == (144, 64, 1, 3, 3)
    assert shapes["layer2.0.conv1.0.0.weight"] == (230, 64, 1, 3, 3)
    assert shapes["layer2.0.downsample.0.weight"] == (128, 64, 1, 1, 1)
    assert shapes["layer4.1.conv2.0.3.weight"] == (512, 1152, 3, 1, 1)
    assert shapes["layer4.1.conv2.1.running_mean"] == (512,)
    assert shapes["fc.weight"] == (400, 512)
    assert not [name for name in shapes if name.startswith("layer1.0.downsample")]


def test_r2plus1d_halves_space_and_time_and_averages(r2plus1d):
    clips = torch.randn(2, 3, 8, 112, 112)
    with torch.inference_mode():
        maps = r2plus1d.layer1(r2plus1d.stem(clips))
        assert maps.shape == (2, 64, 8, 56, 56)
        for index in (2, 3, 4):
            maps = getattr(r2plus1d, f"layer{index}")(maps)
        assert maps.shape == (2, 512, 1, 7, 7)
        torch.testing.assert_close(r2plus1d(clips), maps.mean(dim=(2, 3, 4)))
