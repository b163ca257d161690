"""A parsed video as the content of a JSON file."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import runs_of
from leap.features.media import Clip
from leap.inference.parsed_video import MODALITIES, ParsedVideo


def timeline_as_json(video: ParsedVideo, clip: Clip) -> dict[str, Any]:
    """Events, true events and probabilities of a parsed video.

    Args:
        video: the parsed video.
        clip: its file.

    Returns:
        ``video`` (its name), ``segments`` (T), ``has_audio``, ``has_video``, ``classes``, ``events`` and
        ``truth`` (lists of ``modality``, ``label``, ``onset`` and ``offset``, in seconds; ``truth`` is None
        if the ground truth is unknown), and ``probabilities``, (T, C) by modality, rounded to four decimals;
        ``undetectable``, classes by modality, if there are classes that the parser cannot detect.
    """
    return {
        "video": video.name,
        "segments": clip.segments,
        "has_audio": clip.has_audio,
        "has_video": clip.has_video,
        "classes": list(video.classes),
        "events": events_as_json(video),
        "truth": runs_as_json(video.truth, video.classes) if video.truth else None,
        "probabilities": {m: video.probabilities[m].astype(float).round(4).tolist() for m in MODALITIES},
    } | ({"undetectable": video.undetectable} if video.undetectable else {})


def events_as_json(video: ParsedVideo) -> list[dict[str, Any]]:
    """Predicted audio, visual and audio-visual events; in the last, a class is both heard and seen."""
    joint = video.events["audio"] * video.events["visual"]  # (T, C)
    return runs_as_json(video.events | {"audio-visual": joint}, video.classes)


def runs_as_json(labels: Mapping[str, NDArray[np.generic]], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Events of dense labels, (T, C) by modality: ``modality``, ``label``, ``onset`` and ``offset``."""
    return [
        {"modality": modality, "label": classes[c], "onset": onset, "offset": offset}
        for modality, dense in labels.items()
        for c, onset, offset in runs_of(dense)
    ]
