"""How well probabilities rank the segments of a modality, without a threshold: curves and areas by class."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_auroc, binary_precision_recall_curve, binary_roc

from leap.metrics.arrays import Floats, Labels, as_array, binary, check_finite, check_shapes
from leap.metrics.functional import average_precision


class Curve(NamedTuple):
    """A curve of a class.

    Attributes:
        x: false-positive rates, or recalls, rising.
        y: true-positive rates, or precisions.
    """

    x: Floats
    y: Floats


class ClassRanking(NamedTuple):
    """How well the segments of every class are ranked; NaN for a class that never, or always, occurs.

    Attributes:
        ap: average precision × 100, (C,).
        auc: area under the ROC curve × 100, (C,).
        chance: average precision × 100 of constant scores, which is the frequency of the class, (C,).
    """

    ap: Floats
    auc: Floats
    chance: Floats


def class_ranking(probabilities: Labels, true: Labels) -> ClassRanking:
    """Average precision and area under the ROC curve of every class.

    The mean of ``ap`` over the classes that occur is the segment mAP,
    ``leap.metrics.average_precision(…, average="macro")``.

    Args:
        probabilities: segment probabilities of one modality, or other scores such as logits, (N, T, C).
        true: events of the ground truth, (N, T, C), zeros and ones.

    Raises:
        LeapError: as of `leap.metrics.average_precision`.
    """
    scores, labels = _checked(probabilities, true)
    rows = [_areas(scores[:, c], labels[:, c]) for c in range(labels.shape[1])]
    return ClassRanking(*np.array(rows, np.float64).reshape(-1, 3).T)


def roc_curve(probabilities: Labels, true: Labels, label: int) -> Curve:
    """True-positive rate over false-positive rate of a class; arguments and errors as of `class_ranking`.

    Args:
        probabilities: as above.
        true: as above.
        label: index of the class.
    """
    scores, labels = _checked(probabilities, true)
    false_positive, true_positive, _ = binary_roc(scores[:, label], labels[:, label])
    return Curve(false_positive.numpy(), true_positive.numpy())


def precision_recall_curve(probabilities: Labels, true: Labels, label: int) -> Curve:
    """Precision over recall of a class; arguments and errors as of `roc_curve`."""
    scores, labels = _checked(probabilities, true)
    precision, recall, _ = binary_precision_recall_curve(scores[:, label], labels[:, label])
    return Curve(recall.flip(0).numpy(), precision.flip(0).numpy())


def _checked(probabilities: Labels, true: Labels) -> tuple[Tensor, Tensor]:
    """Scores in 0…1 that rank as the probabilities do, and labels, each (N·T, C)."""
    scores, labels = as_array(probabilities), as_array(true)
    check_shapes(probabilities=scores, true=labels)
    check_finite(scores)
    values, ranks = np.unique(scores, return_inverse=True)
    shape = -1, labels.shape[2]
    relative = torch.from_numpy(ranks.reshape(shape) / max(len(values) - 1, 1))
    return relative, torch.from_numpy(binary("true", labels).reshape(shape)).long()


def _areas(scores: Tensor, labels: Tensor) -> tuple[float, float, float]:
    """Average precision, area under the ROC curve and chance of a class, × 100."""
    chance = 100 * float(labels.double().mean())
    if not 0 < chance < 100:
        return (np.nan, np.nan, np.nan)
    cube = scores[:, None, None].numpy(), labels[:, None, None].numpy()
    return average_precision(*cube), 100 * float(binary_auroc(scores, labels)), chance
