from dataclasses import replace
from math import exp, log

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.config import DecoderConfig, EncoderConfig, LossConfig, ModelConfig
from leap.errors import LeapError
from leap.models.output import Parsing
from leap.models.parser import build_parser
from leap.training.criterion import Criterion
from leap.training.cross_entropy import segment_bce, video_bce
from leap.training.losses import LeapLoss
from leap.training.losses.cmpae import mutual
from leap.training.losses.jomold import nce
from leap.training.losses.similarity import avss, avss_confident, avss_release, eiou, eiou_release

BASIC = {"video_audio", "video_visual", "video", "segment_audio", "segment_visual"}


@st.composite
def label_pairs(draw):
    b, t, c = (draw(st.integers(1, high)) for high in (2, 4, 4))
    bits = st.lists(st.sampled_from([0.0, 1.0]), min_size=b * t * c, max_size=b * t * c)
    return tuple(torch.tensor(draw(bits)).view(b, t, c) for _ in range(2))


def sets(labels):
    """Events of each segment as sets: videos, segments."""
    return [[set(segment.nonzero().flatten().tolist()) for segment in video] for video in labels]


def make_parsing(videos, seed=0, encoded=None):
    """A parsing with random scores, and optionally given encoder outputs."""
    generator = torch.Generator().manual_seed(seed)
    n, t, c = videos.pseudo_audio.shape
    audio, visual = encoded or (torch.randn(n, t, 6, generator=generator) for _ in range(2))
    return Parsing(
        *(torch.randn(n, t, c, generator=generator) for _ in range(2)),
        *(torch.rand(n, c, generator=generator) for _ in range(3)),
        encoded_audio=audio,
        encoded_visual=visual,
    )


@given(label_pairs())
def test_eiou_is_intersection_over_union(labels):
    audio, visual = labels
    expected = [
        [[len(a & v) / len(a | v) if a | v else 0.0 for v in seen] for a in heard]
        for heard, seen in zip(sets(audio), sets(visual), strict=True)
    ]
    torch.testing.assert_close(eiou(audio, visual), torch.tensor(expected))


@given(label_pairs())
def test_eiou_is_symmetric(labels):
    audio, visual = labels
    assert torch.equal(eiou(audio, visual), eiou(visual, audio).transpose(1, 2))


def test_eiou_of_two_empty_sets_is_zero():
    assert torch.equal(eiou(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4)), torch.zeros(2, 3, 3))


@given(label_pairs())
def test_released_target(labels):
    audio, visual = labels
    heard, seen = sets(audio), sets(visual)
    target = eiou_release(audio, visual)
    assert target.min() >= 0.01 - 1e-6
    assert target.max() <= 0.51 + 1e-6
    for b in range(len(audio)):
        largest = max(len(events) for events in heard[b] + seen[b])
        for i, a in enumerate(heard[b]):
            for j, v in enumerate(seen[b]):
                x = len(a & v) / largest if largest else 0.0
                assert target[b, i, j].item() == pytest.approx(x / (1 + x) + 0.01, abs=1e-6)


def test_avss_is_zero_where_cosine_is_eiou(make_videos):
    videos = make_videos(1, t=2, c=3)
    videos.pseudo_audio.copy_(torch.tensor([[[1, 1, 0], [0, 0, 0]]]))
    videos.pseudo_visual.copy_(torch.tensor([[[1, 0, 0], [0, 0, 1]]]))
    # EIoU is 1/2 at (0, 0) and 0 elsewhere
    encoded_audio = torch.tensor([[[2.0, 0, 0], [0, 0, 0]]])
    encoded_visual = torch.tensor([[[0.5, 0.75**0.5, 0], [0, 0, 3.0]]])
    assert avss(make_parsing(videos, encoded=(encoded_audio, encoded_visual)), videos) < 1e-12
    apart = torch.tensor([[[0, 1.0, 0], [0, 0, 3.0]]])
    assert avss(make_parsing(videos, encoded=(encoded_audio, apart)), videos).item() == 0.25 / 4


def test_avss_is_a_mean_over_videos_and_pairs(make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    parts = [avss(make_parsing(one, encoded=encoded), one) for one, encoded in singles(videos, parsing)]
    torch.testing.assert_close(avss(parsing, videos), torch.stack(parts).mean())


def test_confidence_weighs_pairs_by_agreement_with_their_pseudo_labels(make_videos):
    """Two segments, one class: the first agrees wholly, the second hardly."""
    videos = make_videos(1, t=2, c=1)
    ones = torch.ones(1, 2, 1)
    videos = replace(videos, weak=torch.ones(1, 1), pseudo_audio=ones, pseudo_visual=ones)
    probability = torch.tensor([[[0.99], [0.01]]])
    encoded = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    parsing = replace(
        make_parsing(videos, encoded=(encoded, encoded)),
        segment_audio=probability.logit(),
        segment_visual=torch.full((1, 2, 1), 0.5).logit(),
    )
    # EIoU is 1 everywhere, the cosine 1 on the diagonal and 0 off it; weights 0.99 / 2 and 0.01 / 2 by row
    assert avss(parsing, videos) == pytest.approx(0.5)
    assert avss_confident(parsing, videos) == pytest.approx(0.5)
    sure = replace(parsing, segment_visual=probability.logit())
    expected = 2 * 0.99 * 0.01 / (0.99 + 0.01) ** 2
    assert avss_confident(sure, videos) == pytest.approx(expected, rel=1e-4)


def test_equal_confidence_is_the_papers_loss_and_weights_have_no_gradient(make_videos):
    videos = make_videos(3)
    parsing = make_parsing(videos)
    logits = torch.zeros_like(parsing.segment_audio, requires_grad=True)
    unsure = replace(parsing, segment_audio=logits, segment_visual=torch.zeros_like(logits))
    weak = replace(videos, weak=torch.ones_like(videos.weak))
    assert avss_confident(unsure, weak).item() == pytest.approx(avss(unsure, weak).item(), rel=1e-5)
    assert not avss_confident(unsure, weak).requires_grad


def test_avss_compares_its_own_labels_where_it_has_some(make_videos):
    videos = make_videos(2)
    parsing, none = make_parsing(videos), torch.zeros_like(videos.pseudo_audio)
    other = replace(videos, avss_audio=none, avss_visual=none)
    expected = replace(videos, pseudo_audio=none, pseudo_visual=none)
    for loss in (avss, avss_release, avss_confident):
        assert loss(parsing, other) == loss(parsing, replace(expected, avss_audio=none, avss_visual=none))
        assert loss(parsing, other) != loss(parsing, videos)
    assert LeapLoss(parsing, other) == LeapLoss(parsing, videos)


def singles(videos, parsing):
    for i in range(len(videos)):
        one = slice(i, i + 1)
        yield videos[one], (parsing.encoded_audio[one], parsing.encoded_visual[one])


def test_released_avss_cuts_negative_cosines(make_videos):
    videos = make_videos(2, t=3)
    ones = torch.ones(2, 3, 4)
    opposed = avss_release(make_parsing(videos, encoded=(ones, -ones)), videos)
    expected = eiou_release(videos.pseudo_audio, videos.pseudo_visual).square().mean()
    torch.testing.assert_close(opposed, expected)


@pytest.mark.parametrize(
    ("probability", "target", "loss"),
    [(0.0, 1.0, 16.118), (1.0, 0.0, 15.942), (0.25, 1.0, log(4)), (0.25, 0.0, log(4 / 3))],
)
def test_video_bce_is_clamped(probability, target, loss):
    value = video_bce(torch.tensor([[probability]]), torch.tensor([[target]]))
    assert value.item() == pytest.approx(loss, abs=1e-3)


def test_video_bce_of_the_truth_is_zero():
    truth = torch.tensor([[1.0, 0.0]])
    assert video_bce(truth, truth) < 1e-6


def test_segment_bce_is_the_cross_entropy_of_the_sigmoid():
    logits, target = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)), torch.ones(3, 4, 5)
    torch.testing.assert_close(segment_bce(logits, target), -logits.sigmoid().log().mean())
    torch.testing.assert_close(segment_bce(logits, 0 * target), -(-logits).sigmoid().log().mean())


def test_video_targets_are_unions_over_time(make_videos):
    videos = make_videos(t=2)
    parsing = make_parsing(videos)
    losses = LeapLoss(parsing, videos)
    for modality in ("audio", "visual"):
        union = (getattr(videos, f"pseudo_{modality}").sum(dim=1) > 0).float()
        expected = video_bce(getattr(parsing, f"video_{modality}"), union)
        assert torch.equal(losses[f"video_{modality}"], expected)
    assert torch.equal(losses["video"], video_bce(parsing.video, videos.weak))


@pytest.mark.parametrize(("reading", "function"), [("paper", avss), ("release", avss_release)])
def test_criterion_weighs_avss_by_lambda(reading, function, make_videos):
    videos = make_videos()
    parsing = make_parsing(videos)
    criterion = Criterion(LossConfig(weight_avss=0.3, avss=reading))
    losses = criterion(parsing, videos)
    assert losses.keys() == BASIC | {"avss"}
    assert torch.equal(losses["avss"], function(parsing, videos))
    expected = sum(losses[name].item() for name in BASIC) + 0.3 * losses["avss"].item()
    assert criterion.total(losses).item() == pytest.approx(expected, rel=1e-6)


def test_lambda_zero_leaves_avss_out(make_videos):
    videos = make_videos()
    criterion = Criterion(LossConfig(weight_avss=0.0))
    losses = criterion(make_parsing(videos), videos)
    assert losses.keys() == BASIC
    assert criterion.total(losses).item() == pytest.approx(sum(v.item() for v in losses.values()), rel=1e-6)


def test_nce_tells_a_segments_own_image(make_videos):
    """Orthogonal segments: the right image has e^5 of e^5 + 3 where there are four."""
    segments = torch.eye(4)[None]
    parsing = replace(make_parsing(make_videos(2, 4)), encoded_audio=segments, encoded_visual=segments)
    own, other = (exp(z) / (exp(5) + 3) for z in (5, 0))
    assert nce(parsing).item() == pytest.approx(-log(0.9 * own + 3 * 0.1 / 3 * other), rel=1e-5)
    shuffled = replace(parsing, encoded_visual=torch.eye(4)[None].roll(1, 1))
    assert nce(shuffled) > nce(parsing)


def test_nce_of_one_segment_is_constant(make_videos):
    parsing = make_parsing(make_videos(2, 1))
    assert nce(parsing).item() == pytest.approx(-log(0.9), rel=1e-5)


def test_mutual_learning_alternates(make_videos):
    """On even steps the modalities learn from the global branch, which stays; on odd ones it learns."""
    torch.manual_seed(0)
    videos = make_videos()
    config = ModelConfig(EncoderConfig("cmpae"), DecoderConfig("cmpae", 0), 8, 12, global_branch=True)
    parser = build_parser(config, {"audio": 6, "visual_2d": 7}, torch.eye(5))
    for step, learns in ((0, False), (1, True)):
        parsing = parser(videos.audio, videos.visual_2d)
        fixed = replace(parsing.uncertainty, video=parsing.uncertainty.video.detach())
        parser.zero_grad(set_to_none=True)
        mutual(replace(parsing, uncertainty=fixed), videos.weak, step).backward()
        assert (parser.branch.event.weight.grad is not None) == learns


def test_cmpaes_losses_need_its_decoder(make_videos):
    videos = make_videos()
    with pytest.raises(LeapError, match="need its decoder"):
        Criterion(LossConfig(basic="cmpae"))(make_parsing(videos), videos)


@pytest.mark.parametrize(("basic", "names"), [("han", 3), ("valor", 3), ("jomold", 4)])
def test_other_systems_losses_take_lambda_too(basic, names, make_videos):
    videos = make_videos()
    criterion = Criterion(LossConfig(weight_avss=0.5, basic=basic))
    losses = criterion(make_parsing(videos), videos)
    assert len(losses) == names + 1
    assert criterion.total(losses).item() == pytest.approx(
        sum(v.item() for v in losses.values()) - 0.5 * losses["avss"].item(), rel=1e-6
    )
