import pytest
import torch

from leap.data.av_everyday.learned import WIDTH, Learned, Reduction, fit, load_learned, save_learned
from leap.errors import LeapError


@pytest.fixture
def embeddings():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(600, 150, generator=generator) * torch.linspace(3, 0.1, 150) + 5


def test_components_are_uncorrelated_and_of_unit_variance(embeddings):
    reduction = Reduction(150)
    reduction.fit(embeddings)
    reduced = reduction(embeddings)
    assert reduced.shape == (600, WIDTH)
    assert torch.allclose(reduced.mean(0), torch.zeros(WIDTH), atol=1e-4)
    covariance = reduced.T @ reduced / len(reduced)
    assert torch.allclose(covariance, torch.eye(WIDTH), atol=1e-3)


def test_components_are_in_order_of_variance_and_their_signs_are_fixed(embeddings):
    reduction, other = Reduction(150), Reduction(150)
    reduction.fit(embeddings)
    other.fit(embeddings.flip(0))
    assert torch.allclose(reduction.axes, other.axes, atol=1e-4)
    lengths = reduction.axes.norm(dim=0)  # inverse standard deviations
    assert (lengths[1:] >= lengths[:-1] - 1e-5).all()
    assert (reduction.axes.gather(0, reduction.axes.abs().argmax(0, keepdim=True)) > 0).all()


def test_training_finds_what_tells_classes_apart():
    generator = torch.Generator().manual_seed(0)
    labels = (torch.rand(640, 14, generator=generator) < 0.3).float()
    inputs = labels @ torch.randn(14, 40, generator=generator) + 0.1 * torch.randn(
        640, 40, generator=generator
    )
    torch.manual_seed(0)
    network = Learned(8, 8, 40).teacher["visual"]
    fit(network, inputs, labels, seed=0)
    assert not network.training
    assert ((network(inputs) > 0) == (labels > 0)).float().mean() > 0.95


def test_file_of_what_was_learned(embeddings, tmp_path):
    learned = Learned(150, 140, 40)
    learned.reduction["audio"].fit(embeddings)
    save_learned(tmp_path / "learned.safetensors", learned, {"seed": 3})
    read, config = load_learned(tmp_path / "learned.safetensors")
    assert config == {"seed": 3}
    assert not read.teacher["audio"].training
    for name, value in learned.state_dict().items():
        assert torch.equal(read.state_dict()[name], value)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "learned.safetensors").write_bytes(b"none")
    with pytest.raises(LeapError, match=r"learned\.safetensors: not what AV-Everyday learned"):
        load_learned(tmp_path / "learned.safetensors")
    with pytest.raises(LeapError, match=r"missing\.safetensors: no such file; build the data set again"):
        load_learned(tmp_path / "missing.safetensors")
