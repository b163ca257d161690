import math

import pytest
import torch

from leap.config import LeapConfig, MmilConfig, MmPyramidConfig, ModelConfig
from leap.models.encoders.mm_pyramid import MmPyramid
from leap.models.parser import build_parser
from tests.golden_files import Golden


def make(levels=4, heads=2, **options):
    torch.manual_seed(0)
    return MmPyramid(8, 12, levels, heads, dropout=0.0, **options).eval()


def streams(t=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(1, t, 8, generator=generator) for _ in range(2))


@pytest.mark.parametrize(("levels", "window"), [(1, 2), (2, 6), (3, 14)])
def test_each_level_widens_the_window(levels, window):
    """A level covers its δ by attention and again by convolution: 2 (1 + 2 + 4 …) segments."""
    encoder = make(levels)
    audio, visual = streams(40)
    before = encoder(audio, visual)
    changed = audio.clone()
    changed[:, 20] += 1
    for old, new in zip(before, encoder(changed, visual), strict=True):
        moved = (old != new).any(-1)[0].nonzero().ravel()
        assert moved.min() == 20 - window
        assert moved.max() == min(20 + window, 39)


def test_swapped_returns_the_streams_in_the_other_order():
    audio, visual = streams()
    plain, swapped = make()(audio, visual), make(swapped=True)(audio, visual)
    assert torch.equal(plain[0], swapped[1])
    assert torch.equal(plain[1], swapped[0])


def test_both_modalities_have_layers_of_equal_shapes():
    encoder = make()
    audio, visual = streams()
    shapes = {name: value.shape for name, value in encoder.state_dict().items()}
    for name, shape in shapes.items():
        assert shapes[name.replace("audio", "visual")] == shape
    assert not torch.equal(encoder(audio, audio)[0], encoder(audio, visual)[0])


def test_initial_values_are_shared_as_in_the_release():
    encoder = make()
    blocks = [module for module in encoder.modules() if hasattr(module, "feed_forward")]
    assert len(blocks) == 4 * 3 + 2
    for block in blocks:
        assert torch.equal(block.query.weight, block.key.weight)
        assert torch.equal(block.query.weight, block.output.weight)
    first = blocks[0].feed_forward[0].weight
    assert all(torch.equal(block.feed_forward[0].weight, first) for block in blocks[:12])
    assert torch.equal(blocks[12].query.weight, blocks[13].query.weight)
    assert not torch.equal(blocks[0].query.weight, blocks[1].query.weight)


FULL = {16: 512, 32: 1024, 20: 128, 24: 300, 28: 512, 48: 2048}
"""Sizes of the golden files and those of the paper on LLP's features."""


def full_size(golden, kind):
    """Number of the release's parameters at full size, each once: with gradient, or without."""
    total = 0
    for key in golden.arrays:
        if key.startswith("param/") and ".net." not in key:  # names of the same tensors
            used = golden["grad/" + key.removeprefix("param/")].numel() > 0
            if used == (kind == "used"):
                total += math.prod(FULL.get(size, size) for size in golden[key].shape)
    return total


@pytest.mark.parametrize(("name", "blocks"), [("leap_mmpyr_n1", 1), ("leap_mmpyr_n2", 2), ("mmpyr_mmil", 0)])
def test_parameters_at_the_papers_size_are_those_that_the_release_uses(name, blocks):
    golden = Golden(name)
    decoder = LeapConfig(blocks=blocks, heads=8) if blocks else MmilConfig()
    model = ModelConfig(encoder=MmPyramidConfig(), decoder=decoder, width=512, ffn=512)
    widths = {"audio": 128, "visual_2d": 2048, "visual_3d": 512}
    parser = build_parser(model, widths, torch.zeros(25, 300))
    count = sum(parameter.numel() for parameter in parser.parameters())
    assert count == full_size(golden, "used")
    if name == "leap_mmpyr_n2":  # the release makes some that nothing reads, 52 million in all
        assert round((count + full_size(golden, "unused")) / 1e6) == 52
