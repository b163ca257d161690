"""Diagnosis of predictions: scores, wrong events by type, and what fixing each type would gain."""

from collections.abc import Sequence
from dataclasses import dataclass

from leap.diagnosis.attribution import Error, attribute
from leap.diagnosis.fixing import Gain, Scores, gains
from leap.diagnosis.splits import Part, split_errors
from leap.metrics import parsing_scores
from leap.metrics.arrays import Labels


@dataclass(frozen=True)
class Diagnosis:
    """The errors of predictions, and their cost.

    Attributes:
        classes: names of the classes.
        scores: the ten scores × 100.
        errors: every wrong event with its type, ordered by video, modality, class and time.
        gains: type of error → rise of the ten scores when it is fixed, for the types that occur.
        parts: events and errors by properties of the events.
    """

    classes: tuple[str, ...]
    scores: Scores
    errors: list[Error]
    gains: dict[str, Gain]
    parts: list[Part]

    def count(self, type_: str, predicted: bool) -> int:
        """Number of wrong events of a type, of those predicted or of those true."""
        return sum(error.type == type_ and error.predicted == predicted for error in self.errors)

    @property
    def types(self) -> list[str]:
        """The types that occur, in the order in which they are fixed."""
        return list(self.gains)


def diagnose(
    pred_audio: Labels,
    pred_visual: Labels,
    true_audio: Labels,
    true_visual: Labels,
    classes: Sequence[str],
) -> Diagnosis:
    """Attribute every wrong event to one type of error, and compute what fixing each type would gain.

    `leap.diagnosis.attribution` defines the types.

    Args:
        pred_audio: predicted audio events, (N, T, C).
        pred_visual: predicted visual events, (N, T, C).
        true_audio: audio events of the ground truth, (N, T, C).
        true_visual: visual events of the ground truth, (N, T, C).
        classes: names of the classes, C.

    Raises:
        LeapError: as of `leap.metrics.parsing_scores`.

    Example:
        >>> import numpy as np
        >>> true = np.array([[[1], [1], [0], [0]]])  # (N, T, C) = (1, 4, 1)
        >>> found = diagnose(np.roll(true, 1, axis=1), true, true, true, ["dog"])
        >>> [(error.type, error.predicted) for error in found.errors]
        [('late', False), ('late', True)]
        >>> found.gains["late"].first["evt_a"]
        100.0
    """
    cubes = pred_audio, pred_visual, true_audio, true_visual
    errors = attribute(*cubes)
    return Diagnosis(
        tuple(classes),
        parsing_scores(*cubes),
        errors,
        gains(*cubes, errors),
        split_errors(*cubes, errors, classes),
    )
