"""Degenerate and extreme inputs leave outputs, losses and gradients finite; the error of half precision."""

from dataclasses import replace

import pytest
import torch

from leap.config import (
    LOSSES,
    AvssConfig,
    CmpaeLossConfig,
    EvidentialConfig,
    HanConfig,
    LeapConfig,
    LossConfig,
    MmilConfig,
    MmPyramidConfig,
    ModelConfig,
)
from leap.label_embeddings import random_orthogonal
from leap.models.cmpae import blend
from leap.models.decoders.evidential import EvidentialParsing, Uncertainty
from leap.models.parser import build_parser
from leap.training.criterion import Criterion
from leap.training.losses import AVSS, CmpaeLoss
from tests.models.product import EACH, PRODUCT, make, parse, parts, tensors

BFLOAT16_ERROR = 0.01
"""Bound on what bfloat16 changes of a segment probability, for parsers of initial values.

The largest of 40 parsers each was 0.0044 for MMIL, 0.0021 for LEAP and 0.0046 for CMPAE.
"""

BASIC = [part.config() for name, part in LOSSES.parts.items() if name != "cmpae"]
CRITERIA = [
    *(Criterion(LossConfig(avss=AvssConfig(variant=variant))) for variant in AVSS),
    *(Criterion(LossConfig(basic=basic)) for basic in BASIC),
]
"""Every variant of L_avss, and every L_basic except CMPAE's, which needs its parser."""

LABELS = ("weak", "pseudo_audio", "pseudo_visual", "soft_audio", "soft_visual")
FEATURES = ("audio", "visual_2d")


def changed(videos, names, function):
    return replace(videos, **{name: function(getattr(videos, name)) for name in names})


INPUTS = {
    "empty": lambda make: changed(make(t=4), FEATURES + LABELS, torch.zeros_like),
    "no pseudo-labels": lambda make: changed(make(t=4), LABELS[1:], torch.zeros_like),
    "one class": lambda make: make(t=4, c=1),
    "one segment": lambda make: make(t=1),
    "identical": lambda make: changed(make(t=4), FEATURES, lambda x: x[:1, :1].expand_as(x)),
    "extreme": lambda make: changed(make(t=4), FEATURES, lambda x: 1e4 * x),
}


def all_losses(parsing, videos):
    """Every loss that the parsing can have; CMPAE's at an even and an odd step."""
    found = [criterion(parsing, videos) for criterion in CRITERIA]
    if isinstance(parsing, EvidentialParsing) and parsing.uncertainty.video is not None:
        found += [CmpaeLoss(CmpaeLossConfig())(parsing, videos, step) for step in (0, 1)]
    return torch.stack([loss for named in found for loss in named.values()])


def finite(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors]).isfinite().all()


@pytest.mark.parametrize("config", PRODUCT, ids=parts)
@pytest.mark.parametrize("inputs", INPUTS)
def test_degenerate_videos(inputs, config, make_videos):
    videos = INPUTS[inputs](make_videos)
    parser = make(config, videos.weak.shape[1])
    for training in (True, False):
        parsing = parse(parser.train(training), videos)
        losses = all_losses(parsing, videos)
        losses.sum().backward()
        gradients = [p.grad for p in parser.parameters() if p.grad is not None]
        assert finite([*tensors(parsing).values(), losses, *gradients])
        assert any(gradient.any() for gradient in gradients)


def constant_parsing(videos, logit, probability, encoded):
    """A parsing whose logits, video probabilities and streams have one value each; these leaves."""
    n, t, c = videos.pseudo_audio.shape
    shapes = {(n, t, c): logit, (n, c): probability, (n, t, 6): encoded}
    leaves = [torch.full(shape, value, requires_grad=True) for shape, value in shapes.items()]
    logits, video, streams = leaves
    uncertainty = Uncertainty(logits.sigmoid(), logits.sigmoid(), video, video, video[:, 0])
    scores = logits, -logits, video, video, video, streams, -streams
    return EvidentialParsing(*scores, uncertainty=uncertainty), leaves


@pytest.mark.parametrize("logit", [1e4, -1e4])
@pytest.mark.parametrize("probability", [0.0, 1.0])
@pytest.mark.parametrize("encoded", [0.0, 1e-30, 1e4])
@pytest.mark.parametrize("inputs", ["empty", "no pseudo-labels", "one class", "one segment"])
def test_losses_of_extreme_parsings(inputs, encoded, probability, logit, make_videos):
    videos = INPUTS[inputs](make_videos)
    parsing, leaves = constant_parsing(videos, logit, probability, encoded)
    losses = all_losses(parsing, videos)
    losses.sum().backward()
    assert finite([losses, *(leaf.grad for leaf in leaves)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("logit", [9.0, 1e4])
def test_blended_logits(logit, dtype, make_videos):
    """Logits of an average of probabilities, which is 1 in bfloat16 from logits of 7, in float32 of 17."""
    parsing, _ = constant_parsing(make_videos(), logit, 1.0, 1.0)
    parsing = replace(parsing, segment_audio=parsing.segment_audio.to(dtype))
    blended = blend(parsing, parsing, 0.7)
    cut = min(logit, 16.0)
    assert blended.segment_audio.min().item() == pytest.approx(cut, abs=0.2)
    assert blended.segment_visual.max().item() == pytest.approx(-cut, abs=0.2)


@pytest.mark.parametrize("encoder", [HanConfig(layers=2, heads=4), MmPyramidConfig(levels=2, heads=4)])
@pytest.mark.parametrize("decoder", [MmilConfig(), LeapConfig(heads=4), EvidentialConfig()])
def test_error_of_bfloat16(decoder, encoder):
    torch.manual_seed(0)
    config = ModelConfig(encoder=encoder, decoder=decoder)
    errors = []
    for _ in range(10):
        parser = build_parser(config, {"audio": 128, "visual_2d": 128}, random_orthogonal(10, 32)).eval()
        features = torch.randn(2, 4, 10, 128)
        with torch.no_grad():
            exact = segment_probabilities(parser(*features))
            parser.precision = "bfloat16"
            errors.append((segment_probabilities(parser(*features)) - exact).abs().max())
    assert 0 < max(errors) <= BFLOAT16_ERROR


def segment_probabilities(parsing):
    return torch.stack([parsing.segment_audio, parsing.segment_visual]).sigmoid()


@pytest.mark.parametrize("config", EACH, ids=parts)
def test_video_probabilities_are_finer_than_bfloat16(config, make_videos):
    """Except a hard union, which is 0 or 1."""
    parsing = parse(make(replace(config, precision="bfloat16")), make_videos())
    hard = getattr(config.decoder, "variant", "") in ("release", "release-union")
    for name in ("video_audio", "video_visual", "video")[: 2 if hard else 3]:
        probability = getattr(parsing, name)
        assert not torch.equal(probability, probability.bfloat16().float()), name
