from typing import get_args

import pytest
import torch

from leap.config import Variant
from leap.models.decoders.leap import Leap, LeapTagger

VARIANTS = get_args(Variant)
EITHER = ("release", "release-union")
"""Variants whose ``video`` is a union of decisions."""


@pytest.fixture
def streams():
    torch.manual_seed(0)
    return torch.randn(3, 7, 8), torch.randn(3, 7, 8)


@pytest.fixture
def labels():
    return torch.randn(5, 9, generator=torch.Generator().manual_seed(0))


def make(variant="paper", blocks=2, **options):
    torch.manual_seed(1)
    return Leap(8, 9, 12, blocks, heads=2, variant=variant, **options).eval()


@pytest.mark.parametrize("variant", VARIANTS)
def test_attention_is_a_distribution_over_segments(variant, streams, labels):
    parsing = make(variant)(*streams, labels)
    for weights in (parsing.attention_audio, parsing.attention_visual):
        assert weights.shape == (3, 2, 2, 5, 7)
        torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2, 2, 5))


@pytest.mark.parametrize("variant", VARIANTS)
def test_permuting_labels_permutes_the_output(variant, streams, labels):
    decoder, order = make(variant), torch.tensor([3, 0, 4, 1, 2])
    plain, permuted = decoder(*streams, labels), decoder(*streams, labels[order])
    torch.testing.assert_close(permuted.segment_audio, plain.segment_audio[..., order])
    torch.testing.assert_close(permuted.segment_visual, plain.segment_visual[..., order])
    torch.testing.assert_close(permuted.video, plain.video[:, order])
    torch.testing.assert_close(permuted.label_audio, plain.label_audio[:, order])
    torch.testing.assert_close(permuted.attention_audio, plain.attention_audio[..., order, :])


@pytest.mark.parametrize("variant", VARIANTS)
def test_union_of_paper_and_release(variant, streams, labels):
    parsing = make(variant)(*streams, labels)
    if variant in EITHER:
        either = (parsing.video_audio >= 0.5) | (parsing.video_visual >= 0.5)
        assert torch.equal(parsing.video, either.float())
        assert not parsing.video.requires_grad
    else:
        expected = 1 - (1 - parsing.video_audio) * (1 - parsing.video_visual)
        torch.testing.assert_close(parsing.video, expected)


def test_segment_scores_are_the_last_blocks_averaged_over_heads(streams, labels):
    decoder = make()
    parsing, queries = decoder(*streams, labels), decoder.label(labels)[None]
    first, last = decoder.audio.blocks
    scores = last(first(queries, streams[0]).refined, streams[0]).scores
    torch.testing.assert_close(parsing.segment_audio, scores.mean(1).transpose(1, 2))


def test_calibration_scales_and_shifts_the_papers_scores(streams, labels):
    paper, calibrated = make(), make("calibrated")
    missing = calibrated.load_state_dict(paper.state_dict(), strict=False).missing_keys
    assert set(missing) == {f"{m}.{name}" for m in ("audio", "visual") for name in ("scale", "bias")}
    found, plain = calibrated(*streams, labels), paper(*streams, labels)
    torch.testing.assert_close(found.segment_visual, 4 * plain.segment_visual - 3)


def test_labels_and_blocks_are_needed(streams):
    with pytest.raises(ValueError, match="give label_embedding"):
        make()(*streams)
    with pytest.raises(ValueError, match="at least one block"):
        make(blocks=0)


def test_the_tagger_is_leap_for_one_stream(streams, labels):
    leap = make()
    torch.manual_seed(1)
    tagger = LeapTagger(8, 9, 12, blocks=2, heads=2).eval()
    tagger.label.load_state_dict(leap.label.state_dict())
    tagger.projection.load_state_dict(leap.visual.state_dict())
    logits, whole = tagger(streams[1], labels)
    parsing = leap(*streams, labels)
    torch.testing.assert_close(logits, parsing.segment_visual)
    torch.testing.assert_close(whole, parsing.video_visual)
