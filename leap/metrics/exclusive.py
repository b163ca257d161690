"""The ten scores of what is only heard, only seen, and both: the second set of metrics of CoLeaF.

The benchmark's audio and visual scores also count what is heard and seen at once. Sardari et al. (CoLeaF,
ECCV 2024) score the exclusive parts instead: a class is in the audible-only stream of a segment if it is
heard and not seen, and in the visible-only stream if it is seen and not heard. A parser that takes heard
events for seen ones loses in both.
"""

from leap.metrics.arrays import Floats, Labels, four_masks
from leap.metrics.counts import video_f
from leap.metrics.functional import counts_by_score, mean_scores


def exclusive_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, float]:
    """Score a set of videos by what is only heard, only seen, and both heard and seen.

    Arguments and errors are those of `leap.metrics.parsing_scores`.

    Returns:
        The ten `leap.metrics.SCORES` × 100, in which ``a`` and ``v`` are the audible-only and the
        visible-only stream. The audio-visual scores are those of `leap.metrics.parsing_scores`.

    Example:
        >>> import numpy as np
        >>> heard = np.array([[[1], [1], [0], [0]]])  # (N, T, C) = (1, 4, 1)
        >>> seen = np.array([[[0], [1], [0], [0]]])
        >>> exclusive_scores(heard, heard, heard, seen)["seg_a"]
        0.0
    """
    return mean_scores(per_video_exclusive_scores(pred_audio, pred_visual, true_audio, true_visual))


def per_video_exclusive_scores(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> dict[str, Floats]:
    """`exclusive_scores` of each video; arguments and errors as there, except that N may be 0.

    Returns:
        The eight `leap.metrics.PER_VIDEO` scores, each (N,), in 0…1.
    """
    pred_a, pred_v, true_a, true_v = four_masks(pred_audio, pred_visual, true_audio, true_visual)
    heard = pred_a & ~pred_v, true_a & ~true_v  # (T, N, C) each
    seen = pred_v & ~pred_a, true_v & ~true_a
    both = pred_a & pred_v, true_a & true_v
    return {name: video_f(counts) for name, counts in counts_by_score(heard, seen, both).items()}
