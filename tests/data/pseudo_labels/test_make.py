import torch

from leap.data.pseudo_labels import choose_threshold, threshold_scores


def test_derive_needs_score_strictly_above_threshold_and_weak_label():
    scores = torch.tensor([[[0.5, 0.9, 0.9], [0.6, 0.1, 0.9]]])
    weak = torch.tensor([[1, 1, 0]], dtype=torch.uint8)
    pseudo = threshold_scores(scores, torch.tensor([0.5, 0.2, 0.2]), weak)
    assert pseudo.tolist() == [[[0, 1, 0], [1, 0, 0]]]
    assert pseudo.dtype == torch.uint8


def test_the_threshold_has_the_best_f_within_the_weak_label():
    logits = torch.tensor([[[2.0, 3.0], [-1.1, 3.0], [-1.9, -5.0], [-5.0, -5.0]]])
    true = torch.tensor([[[1, 0], [1, 0], [0, 0], [0, 0]]])
    assert -1.9 <= choose_threshold(logits, torch.tensor([[1, 0]]), true) < -1.1
    assert -5 <= choose_threshold(logits, torch.tensor([[1, 1]]), true) < -1.1
