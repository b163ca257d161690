"""Gradients against finite differences in float64: every loss, every decoder on every encoder.

Functions with clamps, maxima, ReLUs and thresholds are checked at random points, away from their kinks.
"""

from dataclasses import fields, replace

import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call
from torch.nn.utils import parameters_to_vector

from leap.config import (
    CmpaeLossConfig,
    HanLossConfig,
    JomoldLossConfig,
    LeapLossConfig,
    ValorLossConfig,
)
from leap.models.decoders.evidential import EvidentialParsing, Uncertainty
from leap.models.decoders.leap import LeapTagger
from leap.models.output import Parsing
from leap.training.cross_entropy import segment_bce, smooth_labels, video_bce
from leap.training.losses import CmpaeLoss, HanLoss, JomoldLoss, LeapLoss, ValorLoss
from leap.training.losses.cmpae import mutual
from leap.training.losses.jomold import nce
from leap.training.losses.similarity import (
    avss,
    avss_confident,
    avss_release,
    cosine_similarity,
    eiou,
    eiou_release,
)
from tests.models.product import EACH, make, parts, tensors

CMPAE_LOSS = CmpaeLoss(CmpaeLossConfig())
LOSSES = [
    LeapLoss(LeapLossConfig()),
    HanLoss(HanLossConfig()),
    ValorLoss(ValorLossConfig()),
    JomoldLoss(JomoldLossConfig()),
]

LEAVES = [field.name for field in fields(Parsing)][:7]
"""What losses read of a parsing, except uncertainties."""

SEGMENTS, VIDEO, ENCODED = LEAVES[:2], LEAVES[2:5], LEAVES[5:]


@pytest.fixture
def videos(make_videos):
    return make_videos(2, t=3, c=4)._map(lambda tensor: tensor.double())


@pytest.fixture
def parsing():
    generator = torch.Generator().manual_seed(1)

    def draw(*shape, low=0.05, high=0.95):
        uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
        return (low + (high - low) * uniform).requires_grad_()

    segments, videos = (2, 3, 4), (2, 4)
    return EvidentialParsing(
        *(draw(*segments, low=-3, high=3) for _ in SEGMENTS),
        *(draw(*videos) for _ in VIDEO),
        *(draw(2, 3, 5, low=-1, high=1) for _ in ENCODED),
        uncertainty=Uncertainty(
            *(draw(*shape) for shape in (segments, segments, videos, videos)), draw(2, low=0.91)
        ),
    )


def check(function, parsing, names):
    """Check the gradients of a function of a parsing with regard to the named tensors of it."""

    def of_leaves(*values):
        result = function(replace(parsing, **dict(zip(names, values, strict=True))))
        return tuple(result.values()) if isinstance(result, dict) else result

    assert gradcheck(of_leaves, [getattr(parsing, name) for name in names])


def silent(loss, parsing, names):
    """Whether the named tensors of a parsing get no gradient of a loss."""
    leaves = [getattr(parsing, name) for name in names]
    return not any(gradient.any() for gradient in torch.autograd.grad(loss, leaves, materialize_grads=True))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.config.name)
def test_losses_of_a_system(loss, parsing, videos):
    check(lambda p: loss(p, videos), parsing, LEAVES)


@pytest.mark.parametrize("function", [avss, avss_release, avss_confident])
def test_similarity(function, parsing, videos):
    """With regard to the streams: confidences have no gradient, on purpose."""
    check(lambda p: function(p, videos), parsing, ENCODED)
    assert silent(function(parsing, videos), parsing, SEGMENTS)


@pytest.mark.parametrize(
    ("step", "learners", "teachers"), [(0, VIDEO[:2], VIDEO[2:]), (1, VIDEO[2:], VIDEO[:2])]
)
def test_mutual_learning(step, learners, teachers, parsing, videos):
    """With regard to who learns: who teaches has no gradient, on purpose."""
    check(lambda p: mutual(p, videos.weak, step), parsing, learners)
    check(lambda p: CMPAE_LOSS(p, videos, step)["mutual"], parsing, learners)
    assert silent(mutual(parsing, videos.weak, step), parsing, teachers)


@pytest.mark.parametrize("step", [0, 1])
def test_uncertainty_of_mutual_learning(step, parsing, videos):
    def of_uncertainty(uncertainty):
        return mutual(replace(parsing, uncertainty=uncertainty), videos.weak, step)

    check(of_uncertainty, parsing.uncertainty, VIDEO)


def test_cmpaes_other_losses(parsing, videos):
    def others(parsing):
        return {n: loss for n, loss in CMPAE_LOSS(parsing, videos).items() if n != "mutual"}

    check(others, parsing, LEAVES)


@pytest.mark.parametrize("target", [eiou, eiou_release])
def test_targets_of_soft_labels(target, parsing):
    """Four labels of more than one half: every union is above 1, where the EIoU's is cut."""
    labels = [(1 + getattr(parsing, name).sigmoid()) / 2 for name in SEGMENTS]
    assert gradcheck(target, labels)


def test_parts_of_losses(parsing):
    check(lambda p: video_bce(p.video, p.video_audio), parsing, VIDEO)
    check(lambda p: segment_bce(p.segment_audio, p.segment_visual.sigmoid()), parsing, SEGMENTS)
    check(lambda p: cosine_similarity(p.encoded_audio, p.encoded_visual), parsing, ENCODED)
    check(nce, parsing, ENCODED)
    check(lambda p: smooth_labels(p.video, 0.8), parsing, VIDEO)


def check_module(module, outputs, *inputs):
    """Check the gradients of a module's outputs with regard to inputs and parameters."""
    named = dict(module.named_parameters())
    sizes = [parameter.numel() for parameter in named.values()]

    def of_vector(vector, *inputs):
        parts = zip(named.items(), vector.split(sizes), strict=True)
        values = {name: part.view_as(parameter) for (name, parameter), part in parts}
        return tuple(x for x in outputs(functional_call(module, values, inputs)) if x.requires_grad)

    vector = parameters_to_vector(named.values()).detach().requires_grad_()
    leaves = [None if x is None else x.detach().clone().requires_grad_() for x in inputs]
    assert gradcheck(of_vector, (vector, *leaves), fast_mode=True, atol=1e-8)


@pytest.mark.parametrize("config", EACH, ids=parts)
def test_every_part_of_a_parser(config, videos):
    parser = make(config, classes=4).double()
    inputs = videos.audio, videos.visual_2d, None, parser.label_embedding
    check_module(parser, lambda parsing: tensors(parsing).values(), *inputs)


@pytest.mark.parametrize("config", EACH, ids=parts)
def test_a_hard_union_alone_has_no_gradient(config, videos):
    parsing = make(config, classes=4).double()(videos.audio, videos.visual_2d)
    hard = getattr(config.decoder, "variant", "") in ("release", "release-union")
    without = {name for name, tensor in tensors(parsing).items() if not tensor.requires_grad}
    assert without == ({"video"} if hard else set())


def test_tagger():
    torch.manual_seed(0)
    tagger = LeapTagger(width=4, label_width=3, ffn=6, heads=2).double().eval()
    parts, labels = torch.randn(2, 5, 4).double(), torch.randn(3, 3).double()
    check_module(tagger, lambda found: found, parts, labels)
