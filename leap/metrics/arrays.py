"""Label cubes as boolean arrays, checked: what all measures of this package begin with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leap.errors import LeapError

if TYPE_CHECKING:
    from torch import Tensor

MODALITIES = ("audio", "visual")
"""Names of the modalities, in the order of all arguments and results."""

Labels: TypeAlias = "NDArray[np.generic] | Tensor"
"""Labels or predictions (N, T, C): videos, segments, classes; a NumPy array or a tensor."""

Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]


def masks(**labels: Labels) -> list[Mask]:
    """Check that labels have one shape (N, T, C) and hold zeros and ones; return boolean (T, N, C) arrays.

    Args:
        labels: name of the labels, for messages → the labels.

    Raises:
        LeapError: the shapes differ or are not three-dimensional, or a value is neither 0 nor 1.
    """
    arrays = {name: as_array(values) for name, values in labels.items()}
    check_shapes(**arrays)
    return [np.ascontiguousarray(binary(name, x).swapaxes(0, 1)) for name, x in arrays.items()]


def four_masks(
    pred_audio: Labels, pred_visual: Labels, true_audio: Labels, true_visual: Labels
) -> list[Mask]:
    """`masks` of predicted and true events of both modalities, in the order of the arguments."""
    return masks(
        pred_audio=pred_audio, pred_visual=pred_visual, true_audio=true_audio, true_visual=true_visual
    )


def as_array(values: Labels) -> NDArray[np.generic]:
    """Labels as a NumPy array."""
    torch = sys.modules.get("torch")  # not imported here: unless it is loaded, no value is a tensor
    if torch is not None and isinstance(values, torch.Tensor):
        return _from_tensor(values)
    return np.asarray(values)


def check_shapes(**arrays: NDArray[np.generic]) -> None:
    """Refuse arrays, given by name, whose shapes differ or are not three-dimensional."""
    shapes = {x.shape for x in arrays.values()}
    if len(shapes) > 1 or len(shapes.pop()) != 3:
        found = ", ".join(f"{name} {x.shape}" for name, x in arrays.items())
        raise LeapError(f"labels must share one shape (videos, segments, classes); got {found}")


def check_finite(scores: NDArray[np.generic]) -> None:
    """Refuse probabilities, or other scores, that are not finite."""
    if not np.isfinite(scores).all():
        raise LeapError("probabilities hold a value that is not finite; check the model's output")


def binary(name: str, x: NDArray[np.generic]) -> Mask:
    """Labels as booleans; refuses other values than 0 and 1."""
    ones = x == 1
    if not (ones | (x == 0)).all():
        raise LeapError(f"{name} holds a value that is neither 0 nor 1; decode probabilities first")
    return ones


def _from_tensor(values: Tensor) -> NDArray[np.generic]:
    import torch

    values = values.detach().cpu()
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy()  # NumPy has no bfloat16
