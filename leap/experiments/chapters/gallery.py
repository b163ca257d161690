"""Videos as systems parse them: one that both decoders parse, and one for every common type of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from leap.diagnosis import Error, attribute
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.chapters import failures
from leap.experiments.excerpts import Excerpt
from leap.experiments.grid import Profile
from leap.experiments.predicted_events import PredictedEvents
from leap.metrics.arrays import MODALITIES

if TYPE_CHECKING:
    from leap.data.store import FeatureStore

NOTEBOOK = "19_gallery"

SHOWN = ("MMIL", "LEAP")
"""The systems whose events are shown; the errors of the last one select the videos."""

TYPES = {
    "fragmented": "one event is predicted in pieces",
    "wrong modality": "an event is predicted in the modality in which it does not occur",
    "missed": "an event is not predicted at all",
    "background": "an event is predicted where there is none",
}
"""Type of error that is shown → the type in words."""


def grid(profile: Profile, dataset: str) -> Grid:
    """The first run of every system, as in the chapter on failures."""
    theirs = failures.grid(profile, dataset)
    return {system: theirs[system][:1] for system in SHOWN if system in theirs}


CHAPTER = Chapter(NOTEBOOK, grid)

Predicted = Mapping[str, Sequence[PredictedEvents]]
"""Predicted events of the test videos by system, one entry per seed; the first seed is shown."""


def both_decoders(store: FeatureStore, events: Predicted, source: str) -> Iterator[Excerpt]:
    """The first test video with simultaneous events in both modalities, if any, as MMIL and LEAP parse it.

    Args:
        store: the data set.
        events: predicted events by system.
        source: data set and seed in words, for the caption.
    """
    truth, name_of = store.videos("test").truth(), store.ids("test")
    errors = {system: attribute(*events[system][0], *truth) for system in SHOWN}
    most = [labels.numpy().sum(axis=-1).max(axis=-1) for labels in truth]  # each (N,)
    for index in np.flatnonzero(np.min(most, axis=0) >= 2)[:1].tolist():
        caption = f"{name_of[index]}, the first test video with simultaneous events in both modalities."
        yield _excerpt(index, f"{caption} {_in_words(errors, index)} {source}.", events)


def failure_excerpts(store: FeatureStore, events: Predicted, source: str) -> Iterator[Excerpt]:
    """For each of `TYPES`, the test video in which LEAP makes most errors of this type and fewest others.

    Arguments are those of `both_decoders`. A type without errors has no video.
    """
    truth, names = store.videos("test").truth(), store.ids("test")
    errors = {system: attribute(*events[system][0], *truth) for system in SHOWN}
    for type_, words in TYPES.items():
        index = _clearest(errors[SHOWN[-1]], type_)
        if index is not None:
            caption = f"{type_.capitalize()}: {words}. {names[index]}. {_in_words(errors, index)} {source}."
            yield _excerpt(index, caption, events)


def _clearest(errors: Sequence[Error], type_: str) -> int | None:
    """Position of the video with the largest number of errors of a type minus others; the first of equals."""
    margins: Counter[int] = Counter()
    for error in errors:
        margins[error.event.video] += 1 if error.type == type_ else -1
    with_type = sorted({error.event.video for error in errors if error.type == type_})
    return max(with_type, key=lambda video: margins[video], default=None)


def _in_words(errors: Mapping[str, Sequence[Error]], video: int) -> str:
    """Numbers of wrong events of a video by type, predicted and true; one sentence per system."""
    sentences = []
    for system, found in errors.items():
        counts = Counter(error.type for error in found if error.event.video == video)
        said = ", ".join(f"{count} {type_}" for type_, count in counts.most_common()) or "none"
        sentences.append(f"Wrong events of {system}: {said}.")
    return " ".join(sentences)


def _excerpt(index: int, caption: str, events: Predicted) -> Excerpt:
    """A test video with the events that the first seed of every system predicts."""
    parsings = {
        system: {m: cube[index] for m, cube in zip(MODALITIES, events[system][0], strict=True)}
        for system in SHOWN
    }
    return Excerpt(index, caption, parsings, _alt(parsings))


def _alt(parsings: Mapping[str, object]) -> str:
    """Alternative text of the figure."""
    systems = " and ".join(parsings)
    return (
        f"Rows of strips over ten seconds: for every class that is heard or seen, the true event and the "
        f"events that {systems} predict. The caption lists the errors."
    )
