"""A parsed video file, and its ground truth where tables name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leap.data.annotations import dense_labels, list_events, runs_of
from leap.data.names import spelled
from leap.errors import LeapError
from leap.features.media import Clip
from leap.inference.parsed_video import MODALITIES, ParsedVideo

COLUMNS = ["video", "modality", "onset", "offset", "class", "probability"]


@dataclass(frozen=True)
class ParsedClip:
    """A parsed video file.

    Attributes:
        video: predictions and, if known, ground truth.
        clip: the file.
    """

    video: ParsedVideo
    clip: Clip

    @property
    def events(self) -> pd.DataFrame:
        """One row per event: ``video``, ``modality``, ``onset``, ``offset``, ``class``, ``probability``.

        Times are in seconds. The probability is the mean over the seconds of the event.
        """
        video = self.video
        rows = [
            (
                video.name,
                modality,
                onset,
                offset,
                video.classes[c],
                float(probabilities[onset:offset, c].mean()),
            )
            for modality, probabilities in video.probabilities.items()
            for c, onset, offset in runs_of(video.events[modality])
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    @property
    def notes(self) -> list[str]:
        """Why events may be missing, each reason a line: streams or tags that are not there."""
        missing = {"sound": self.clip.has_audio, "pictures": self.clip.has_video}
        streams = [f"{self.clip.path} has no {what}" for what, there in missing.items() if not there]
        verbs = dict(zip(MODALITIES, ("hear", "see"), strict=True))
        limits = [
            f"the parser cannot {verbs[modality]} {'; '.join(classes)}"
            for modality, classes in self.video.undetectable.items()
            if classes
        ]
        return streams + limits


def read_truth(
    truth: Mapping[str, Path], clip: Clip, classes: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Dense labels of a video file, (T, C), by modality.

    Args:
        truth: modality → table of true events in the format of LLP's annotations, which names the video by
            its file name without suffix.
        clip: the file.
        classes: names of the C classes.

    Raises:
        LeapError: a table is malformed, or no table lists events of the video.
    """
    name = spelled(clip.path.stem)
    events = {m: [e for e in list_events(path, classes) if e.filename == name] for m, path in truth.items()}
    if not any(events.values()):
        raise LeapError(f"{name}: in none of {', '.join(map(str, truth.values()))}")
    return {
        modality: dense_labels(listed, [name], classes, clip.segments)[0].astype(np.float32)
        for modality, listed in events.items()
    }
