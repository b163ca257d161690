"""Average precision of classes that training did not see, beside that of the others and chance."""

from collections.abc import Sequence

from leap.data.videos import Videos
from leap.inference.predict import Predictions
from leap.metrics import average_precision
from leap.metrics.arrays import MODALITIES


def unseen_precision(predictions: Predictions, videos: Videos, seen: Sequence[int]) -> dict[str, float]:
    """Average precision × 100 of segment probabilities, for unseen and for seen classes.

    Classes that do not occur in a modality do not count; without any that occurs, a group has no measure.

    Args:
        predictions: predictions of all C classes.
        videos: their videos, with dense labels.
        seen: indices of the classes that the parser was trained on.

    Returns:
        ``unseen_ap_<modality>`` and ``seen_ap_<modality>``, the mean over the classes of the group, and
        ``unseen_chance_<modality>`` and ``seen_chance_<modality>``, their mean frequency, which is the
        average precision of constant scores; rounded to four decimals.

    Raises:
        LeapError: the videos have no dense labels.
    """
    found = {}
    for modality, true in zip(MODALITIES, videos.truth(), strict=True):
        probability = getattr(predictions, f"probability_{modality}")
        occurring = [c for c in range(true.shape[-1]) if true[..., c].any()]
        groups = {
            "unseen": [c for c in occurring if c not in seen],
            "seen": [c for c in occurring if c in seen],
        }
        for group, classes in groups.items():
            if classes:
                ap = average_precision(probability[..., classes], true[..., classes], "macro")
                found[f"{group}_ap_{modality}"] = round(ap, 4)
                found[f"{group}_chance_{modality}"] = round(100 * float(true[..., classes].mean()), 4)
    return found
