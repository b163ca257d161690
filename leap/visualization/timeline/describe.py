"""A parsed video as JSON holds it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import runs_of
from leap.features.media import Clip
from leap.inference.parsed_video import MODALITIES, ParsedVideo


def describe(video: ParsedVideo, clip: Clip) -> dict[str, Any]:
    """Events, true events where they are known, and probabilities (T, C) of a video."""
    return {
        "video": video.name,
        "segments": clip.segments,
        "sound": clip.sound,
        "pictures": clip.pictures,
        "classes": list(video.classes),
        "events": events(video),
        "truth": _runs(video.truth, video.classes) if video.truth else None,
        "probabilities": {m: video.probabilities[m].astype(float).round(4).tolist() for m in MODALITIES},
    }


def events(video: ParsedVideo) -> list[dict[str, Any]]:
    """Runs of seconds in which a class is heard, seen, or both."""
    return _runs(
        video.events | {"audio-visual": video.events["audio"] * video.events["visual"]}, video.classes
    )


def _runs(cubes: Mapping[str, NDArray[np.float32]], classes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"modality": modality, "label": classes[c], "onset": onset, "offset": offset}
        for modality, cube in cubes.items()
        for c, onset, offset in runs_of(cube)
    ]
