"""By how much every score would rise if the errors of a type were fixed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leap.diagnosis.attribution import TYPES, Error
from leap.io.progress import with_progress
from leap.metrics import parsing_scores, per_video_scores
from leap.metrics.arrays import MODALITIES, Floats, Labels, as_array
from leap.metrics.functional import with_type_means
from leap.metrics.titles import SUMMARY_SCORES

Scores = dict[str, float]
"""The ten scores × 100, or differences of them."""


class Gain(NamedTuple):
    """Rise of the ten scores when the errors of a type are fixed.

    Attributes:
        first: with all other errors left.
        in_order: after the types before it in `leap.diagnosis.attribution.TYPES` were fixed; these rises add
            up to the distance of the scores from 100.
        last: after all other types were fixed.
    """

    first: Scores
    in_order: Scores
    last: Scores


def fix(
    pred_audio: Labels, pred_visual: Labels, errors: Iterable[Error], types: Collection[str] = TYPES
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Fix the errors of some types: remove their predicted events, then add their true ones.

    Args:
        pred_audio: predicted audio events, (N, T, C).
        pred_visual: predicted visual events, (N, T, C).
        errors: the errors of these predictions.
        types: the types to fix.

    Returns:
        Audio and visual predictions, (N, T, C), in which all other errors are left.
    """
    audio, visual = (as_array(labels).astype(bool) for labels in (pred_audio, pred_visual))
    fixed = dict(zip(MODALITIES, (audio, visual), strict=True))
    chosen = [error for error in errors if error.type in types]
    for error in sorted(chosen, key=lambda error: not error.predicted):
        video, modality, label, start, end = error.event
        fixed[modality][video, start:end, label] = not error.predicted
    return audio, visual


def gains(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    errors: Sequence[Error],
) -> dict[str, Gain]:
    """Type of error → rise of the ten scores when its errors are fixed, for the types that occur.

    Arguments and errors are those of `leap.metrics.parsing_scores`, and the errors of these predictions.
    """

    @cache
    def scores(types: frozenset[str]) -> Scores:
        """The scores when these types are fixed."""
        fixed = fix(pred_audio, pred_visual, errors, types)
        return parsing_scores(*fixed, true_audio, true_visual)

    found = [type_ for type_ in TYPES if any(error.type == type_ for error in errors)]
    return {type_: _gain(type_, found, scores) for type_ in with_progress(found, "fix errors", unit="type")}


def video_rises(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    errors: Sequence[Error],
) -> dict[str, Floats]:
    """Rise of every video's mean of the four summary scores when types are fixed in order.

    A video's rises add up to the distance of its mean from 1. Hence the difference of the scores of two
    systems is the sum over types of the differences of their rises, with the sign reversed. Arguments and
    errors are those of `gains`.

    Returns:
        Every type of `leap.diagnosis.attribution.TYPES` → its rises, (N,), in −1…1.
    """
    fixed = [fix(pred_audio, pred_visual, errors, TYPES[:count]) for count in range(len(TYPES) + 1)]
    means = [_mean_of_videos(per_video_scores(*pair, true_audio, true_visual)) for pair in fixed]
    return dict(zip(TYPES, np.diff(means, axis=0), strict=True))


def _mean_of_videos(per_video: Mapping[str, Floats]) -> Floats:
    """Mean of the four summary scores of every video, (N,)."""
    scores = with_type_means(per_video)
    return np.mean([scores[name] for name in SUMMARY_SCORES], axis=0)


def _gain(type_: str, types: Sequence[str], scores: Callable[[frozenset[str]], Scores]) -> Gain:
    before, others = frozenset(types[: types.index(type_)]), frozenset(types) - {type_}
    first, in_order, last = (
        _rise(scores(base), scores(base | {type_})) for base in (frozenset(), before, others)
    )
    return Gain(first, in_order, last)


def _rise(before: Mapping[str, float], after: Mapping[str, float]) -> Scores:
    return {name: after[name] - before[name] for name in before}
