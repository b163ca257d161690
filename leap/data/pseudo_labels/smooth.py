"""Denoise the pseudo-labels of training videos over time: events are runs, most errors are not."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from leap.config import Smoother, SmoothingConfig
from leap.data.pseudo_labels.compare import precision_recall
from leap.data.pseudo_labels.hmm import denoise
from leap.data.pseudo_labels.median import median_filter
from leap.data.videos import Videos

LEAST_GAIN = 0.42
"""Expected gain above which ``"auto"`` smooths a modality.

The model expects more than it gains, since events that last a segment or two look like errors to it. The
bound was set on the training split of AV-Digits, as it is and with eight kinds of added errors, five seeds
each. Smoothing lowered the F-score only where the model expected less than 0.39, and raised it wherever it
expected more than 0.44.
"""


def smooth(pseudo: Tensor, weak: Tensor, smoother: Smoother) -> Tensor:
    """Denoise the pseudo-labels of one modality over time.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones, within the weak labels.
        weak: weak labels, (N, C).
        smoother: ``"none"``; ``"median"``; ``"hmm"``: present where the posterior probability exceeds 1/2;
            ``"auto"``: ``"hmm"`` if the fitted model expects a gain above `LEAST_GAIN`, else ``"none"``.

    Returns:
        Denoised labels, (N, T, C), zeros and ones within the weak labels.
    """
    if smoother == "none":
        return pseudo
    if smoother == "median":
        return median_filter(pseudo)
    smoothed, gain = smooth_by_hmm(pseudo, weak)
    return pseudo if smoother == "auto" and gain <= LEAST_GAIN else smoothed


def smooth_by_hmm(pseudo: Tensor, weak: Tensor) -> tuple[Tensor, float]:
    """Denoise the pseudo-labels of one modality by the hidden Markov model.

    Args:
        pseudo: pseudo-labels, (N, T, C), zeros and ones, within the weak labels.
        weak: weak labels, (N, C).

    Returns:
        Denoised labels, (N, T, C), zeros and ones, and the `expected_gain` of them.
    """
    present, _ = denoise(pseudo, weak)
    smoothed = (present > 0.5).to(pseudo.dtype)
    return smoothed, expected_gain(pseudo, smoothed, present)


def expected_gain(pseudo: Tensor, smoothed: Tensor, present: Tensor) -> float:
    """Share of the F-score that errors cost which smoothing recovers, as the fitted model expects it.

    The share is (F₁ − F₀) / (1 − F₀), with F₀ the F-score of the pseudo-labels and F₁ that of the denoised
    labels. The model's posterior probabilities stand in for dense labels, which are not read.

    Args:
        pseudo: pseudo-labels, zeros and ones of any shape.
        smoothed: denoised labels of the same shape.
        present: posterior probabilities that events are present, likewise.

    Returns:
        The share, at most 1; 0 if the model expects no errors.
    """
    before, after = (precision_recall(labels, present).f for labels in (pseudo, smoothed))
    return (after - before) / (1 - before) if before < 1 else 0.0


def smooth_videos(videos: Videos, smoothing: SmoothingConfig) -> Videos:
    """Denoise the pseudo-labels that the losses learn from.

    Args:
        videos: training videos with pseudo-labels; where L_avss has its own, they are denoised, too.
        smoothing: how each modality is denoised.

    Returns:
        The videos.
    """
    smoothers = {
        "pseudo_audio": smoothing.audio,
        "pseudo_visual": smoothing.visual,
        "avss_audio": smoothing.audio,
        "avss_visual": smoothing.visual,
    }
    labels = {name: getattr(videos, name) for name in smoothers}
    return replace(
        videos,
        **{
            name: smooth(values, videos.weak, smoothers[name])
            for name, values in labels.items()
            if values is not None
        },
    )
