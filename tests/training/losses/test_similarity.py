from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from leap.training.losses.similarity import avss, avss_confident, avss_release, eiou, eiou_release
from tests.training.losses.parsings import make_parsing


@st.composite
def label_pairs(draw):
    b, t, c = (draw(st.integers(1, high)) for high in (2, 4, 4))
    bits = st.lists(st.sampled_from([0.0, 1.0]), min_size=b * t * c, max_size=b * t * c)
    return tuple(torch.tensor(draw(bits)).view(b, t, c) for _ in range(2))


def sets(labels):
    """Events of each segment as sets: videos, segments."""
    return [[set(segment.nonzero().flatten().tolist()) for segment in video] for video in labels]


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


def singles(videos, parsing):
    for i in range(len(videos)):
        one = slice(i, i + 1)
        yield videos[one], (parsing.encoded_audio[one], parsing.encoded_visual[one])


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
    confident = replace(parsing, segment_visual=probability.logit())
    expected = 2 * 0.99 * 0.01 / (0.99 + 0.01) ** 2
    assert avss_confident(confident, videos) == pytest.approx(expected, rel=1e-4)


def test_equal_confidence_is_the_papers_loss_and_weights_have_no_gradient(make_videos):
    videos = make_videos(3)
    parsing = make_parsing(videos)
    logits = torch.zeros_like(parsing.segment_audio, requires_grad=True)
    uncertain = replace(parsing, segment_audio=logits, segment_visual=torch.zeros_like(logits))
    weak = replace(videos, weak=torch.ones_like(videos.weak))
    assert avss_confident(uncertain, weak).item() == pytest.approx(avss(uncertain, weak).item(), rel=1e-5)
    assert not avss_confident(uncertain, weak).requires_grad


def test_avss_compares_its_own_labels_where_it_has_some(make_videos):
    videos = make_videos(2)
    parsing, none = make_parsing(videos), torch.zeros_like(videos.pseudo_audio)
    other = replace(videos, avss_audio=none, avss_visual=none)
    expected = replace(videos, pseudo_audio=none, pseudo_visual=none)
    for loss in (avss, avss_release, avss_confident):
        assert loss(parsing, other) == loss(parsing, replace(expected, avss_audio=none, avss_visual=none))
        assert loss(parsing, other) != loss(parsing, videos)


def test_released_avss_cuts_negative_cosines(make_videos):
    videos = make_videos(2, t=3)
    ones = torch.ones(2, 3, 4)
    opposed = avss_release(make_parsing(videos, encoded=(ones, -ones)), videos)
    expected = eiou_release(videos.pseudo_audio, videos.pseudo_visual).square().mean()
    torch.testing.assert_close(opposed, expected)
