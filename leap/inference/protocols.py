"""The decoding protocols of the public releases, and CMPAE's choice of thresholds on val."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor

from leap.errors import LeapError
from leap.inference.decode import Protocol, decode
from leap.metrics import parsing_scores
from leap.models.output import Parsing

PROTOCOLS = {
    "han": Protocol(),
    "mm-pyr": Protocol(),
    "valor": Protocol(),
    "leap": Protocol(),
    "jomold": Protocol(gate="modality"),
    "lsld": Protocol(gate="modality"),
    "cmpae": Protocol(segment=0.25, gate="modality", gate_threshold=0.45),
    "coleaf": Protocol(segment=0.25, gate="modality", gate_threshold=0.52),
    "nrep": Protocol(segment=0.25, gate="modality", gate_threshold=0.45),
}
"""By system; CMPAE's also has visual thresholds by class, which `choose_class_thresholds` finds."""

CHOSEN_ON_VAL = ("cmpae",)
VISUAL_GRID = tuple(round(0.25 + 0.05 * step, 2) for step in range(10))
"""The visual thresholds that CMPAE tries for every class: 0.25, 0.30 … 0.70."""


def named_protocol(name: str) -> Protocol:
    """The protocol of a public release.

    Raises:
        LeapError: for a name that is not one.
    """
    if name not in PROTOCOLS:
        raise LeapError(f"unknown protocol {name!r}; known are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def choose_class_thresholds(parsings: Iterable[Parsing], true_visual: Tensor, protocol: Protocol) -> Protocol:
    """Choose a visual threshold for every class by visual event-level F on val (CMPAE, CVPR 2023).

    One class is swept at a time while the others keep ``protocol.gate_threshold``; of equal scores the larger
    threshold is taken.

    Args:
        parsings: batches of parsed val videos, N in all.
        true_visual: their dense visual labels, (N, T, C).
        protocol: one with ``gate="modality"``.

    Returns:
        the protocol with ``class_thresholds``.
    """
    batches, classes = list(parsings), true_visual.shape[-1]
    start = [protocol.gate_threshold] * classes

    def score(label: int, threshold: float) -> float:
        """Visual event-level F where one class has another threshold."""
        thresholds = tuple(threshold if c == label else t for c, t in enumerate(start))
        candidate = replace(protocol, class_thresholds=thresholds)
        visual = torch.cat([decode(batch, candidate)[1] for batch in batches]).cpu()  # (N, T, C)
        return parsing_scores(visual, visual, true_visual, true_visual)["evt_v"]

    def best(label: int) -> float:
        """The threshold of a class with the best score."""
        return max(VISUAL_GRID, key=lambda threshold: (score(label, threshold), threshold))

    return replace(protocol, class_thresholds=tuple(map(best, range(classes))))
