"""A parsed video as JSON holds it."""

from typing import Any

from leap.data.annotations import runs_of
from leap.media import Clip
from leap.study.parsed import MODALITIES, ParsedVideo


def describe(video: ParsedVideo, clip: Clip) -> dict[str, Any]:
    """Events and probabilities of a video as JSON holds them; probabilities are (T, C)."""
    return {
        "video": video.name,
        "segments": clip.segments,
        "sound": clip.sound,
        "pictures": clip.pictures,
        "classes": list(video.classes),
        "events": events(video),
        "probabilities": {m: video.probabilities[m].astype(float).round(4).tolist() for m in MODALITIES},
    }


def events(video: ParsedVideo) -> list[dict[str, Any]]:
    """Runs of seconds in which a class is heard, seen, or both."""
    cubes = dict(video.events) | {"audio-visual": video.events["audio"] * video.events["visual"]}
    return [
        {"modality": modality, "label": video.classes[c], "onset": onset, "offset": offset}
        for modality, cube in cubes.items()
        for c, onset, offset in runs_of(cube)
    ]
