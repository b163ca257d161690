from types import SimpleNamespace

import torch

from leap.config import Protocol
from leap.inference.decode import decode
from leap.inference.protocols import PROTOCOLS
from leap.inference.thresholds import VISUAL_GRID, choose_class_thresholds
from leap.metrics import parsing_scores

CMPAE = PROTOCOLS["cmpae"]


def parsing(video_visual, seen):
    """Videos of ten segments that are all events, with given video probabilities and truth, (N, C) each."""
    ones = torch.full((len(seen), 10, seen.shape[1]), 9.0)
    batch = SimpleNamespace(
        segment_audio=ones,
        segment_visual=ones,
        video_audio=video_visual,
        video_visual=video_visual,
        video=video_visual,
    )
    return batch, seen.float()[:, None].expand(-1, 10, -1)


def test_grid():
    assert VISUAL_GRID == (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


def test_each_class_gets_the_threshold_that_separates_its_videos():
    """Class 0 is seen where its probability is at least 0.6, class 1 from 0.3 on, class 2 never."""
    probability = torch.tensor([[0.62, 0.3, 0.5], [0.58, 0.31, 0.5], [0.9, 0.28, 0.5], [0.5, 0.7, 0.5]])
    seen = torch.tensor([[1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
    batch, truth = parsing(probability, seen)
    chosen = choose_class_thresholds([batch], truth, CMPAE)
    assert chosen.class_thresholds == (0.6, 0.3, 0.7)
    assert chosen.gate_threshold == 0.45
    visual = decode(batch, chosen)[1]
    assert torch.equal(visual.float(), truth)


def test_of_equal_scores_the_larger_threshold_is_taken():
    batch, truth = parsing(torch.tensor([[0.99], [0.01]]), torch.tensor([[1], [0]]))
    assert choose_class_thresholds([batch], truth, CMPAE).class_thresholds == (0.7,)


def test_choice_is_no_worse_than_the_start_and_does_not_depend_on_batches():
    generator = torch.Generator().manual_seed(0)
    probability = torch.rand(12, 3, generator=generator)
    batch, truth = parsing(probability, torch.rand(12, 3, generator=generator) < probability)
    halves = [
        SimpleNamespace(**{name: value[part] for name, value in vars(batch).items()})
        for part in (slice(5), slice(5, 12))
    ]
    chosen = choose_class_thresholds([batch], truth, CMPAE)
    assert choose_class_thresholds(halves, truth, CMPAE) == chosen

    def score(label, threshold):
        thresholds = tuple(threshold if c == label else 0.45 for c in range(3))
        visual = decode(batch, Protocol(0.25, "modality", 0.45, thresholds))[1]
        return parsing_scores(visual, visual, truth, truth)["evt_v"]

    for label, threshold in enumerate(chosen.class_thresholds):
        assert score(label, threshold) == max(score(label, other) for other in VISUAL_GRID)
