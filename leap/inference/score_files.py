"""Score predictions on LLP, given as tables of events in the format of LLP's annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from leap.data.annotations import Repair
from leap.inference.further_scores import OF_EVENTS
from leap.inference.scored_predictions import tables_on_llp
from leap.metrics import overlapping_videos, parsing_scores
from leap.metrics.arrays import as_array


def score_files(
    annotations: str | Path, split: str, audio: str | Path, visual: str | Path, repair: Repair = "none"
) -> dict[str, Any]:
    """Score predicted events on LLP.

    Args:
        annotations: folder of LLP's annotation files.
        split: ``"val"`` or ``"test"``.
        audio: predicted audio events, a table with the columns ``filename``, ``onset``, ``offset`` and
            ``event_labels``.
        visual: predicted visual events, likewise.
        repair: defects of the annotations to repair.

    Returns:
        A dictionary of plain JSON values:

        * ``split`` and ``repair``: the arguments;
        * ``videos``: number of videos;
        * ``without_prediction``: number of videos without a predicted event;
        * ``scores``: the ten scores × 100;
        * ``overlap``: number and scores of the videos with overlapping events, None without such videos;
        * the measures of `leap.inference.further_scores.OF_EVENTS`, by name.

    Raises:
        LeapError: the split has no dense labels, a file cannot be read, or a prediction names another video,
            an unknown class or a time span outside the video.
    """
    found = tables_on_llp(annotations, split, audio, visual, repair)
    cubes = [as_array(cube) for cube in found.cubes]
    overlap = overlapping_videos(found.true_audio, found.true_visual)  # (N,)
    return {
        "split": split,
        "repair": repair,
        "videos": len(found.videos),
        "without_prediction": len(found.without_prediction),
        "scores": parsing_scores(*cubes),
        "overlap": _scores_of([cube[overlap] for cube in cubes]),
        **{name: measure(found) for name, measure in OF_EVENTS.items()},
    }


def _scores_of(cubes: list[np.ndarray]) -> dict[str, Any] | None:
    videos = len(cubes[0])
    return {"videos": videos, "scores": parsing_scores(*cubes)} if videos else None
