"""Predictions with their ground truth: of a trained parser, of tables of events, or the labels of a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from leap.data.annotations import Repair, read_annotations, read_events
from leap.data.classes import LLP
from leap.metrics.arrays import MODALITIES, Labels, as_array

if TYPE_CHECKING:
    from leap.config import Protocol
    from leap.data.store import FeatureStore


@dataclass(frozen=True)
class ScoredPredictions:
    """Predicted and true events of N videos.

    Attributes:
        title: whose predictions they are, and of which videos.
        videos: names of the videos.
        classes: names of the classes.
        pred_audio: predicted audio events, (N, T, C), zeros and ones.
        pred_visual: predicted visual events, likewise.
        true_audio: audio events of the ground truth, likewise.
        true_visual: visual events of the ground truth, likewise.
        probabilities: a parser's probabilities of audio and of visual segments, (N, T, C) each; None for
            predictions of which only the events are known.
        protocol: decoding protocol of a parser; None if it is unknown.
    """

    title: str
    videos: tuple[str, ...]
    classes: tuple[str, ...]
    pred_audio: Labels
    pred_visual: Labels
    true_audio: Labels
    true_visual: Labels
    probabilities: tuple[Labels, Labels] | None = None
    protocol: Protocol | None = None

    @property
    def cubes(self) -> tuple[Labels, Labels, Labels, Labels]:
        """The arguments of `leap.metrics.parsing_scores`."""
        return self.pred_audio, self.pred_visual, self.true_audio, self.true_visual

    def ranked(self) -> Iterator[tuple[str, Labels, Labels]]:
        """Modality, probabilities and true events, for both modalities.

        Raises:
            ValueError: the probabilities are unknown.
        """
        if self.probabilities is None:
            raise ValueError("only the events of these predictions are known")
        yield from zip(MODALITIES, self.probabilities, (self.true_audio, self.true_visual), strict=True)

    @property
    def without_prediction(self) -> list[str]:
        """Names of the videos in which no event is predicted."""
        predicted = np.logical_or(as_array(self.pred_audio), as_array(self.pred_visual)).any(axis=(1, 2))
        return [name for name, found in zip(self.videos, predicted, strict=True) if not found]


def predictions_of_parser(
    model: str | Path, store: FeatureStore, split: str, protocol: str = "", device: str = "cpu"
) -> ScoredPredictions:
    """Parse a split of a store.

    Args:
        model: a trained parser: its folder or file, or the name of one that ships.
        store: the store.
        split: ``"train"``, ``"val"`` or ``"test"``.
        protocol: the release whose decoding protocol is used; empty for the parser's own.
        device: where to parse.

    Raises:
        LeapError: the parser cannot be read or does not fit the store, the protocol is unknown, or the split
            has no dense labels or cannot be read.
    """
    from leap.inference.load import load_for_store
    from leap.inference.predict import predict

    parser, used, inputs = load_for_store(model, store, protocol)
    videos = store.videos(split, inputs)
    truth, found = videos.truth(), predict(parser.to(device), videos.to(device), used)
    events = _on_store(store, split, f"{model}, predictions", (found.audio, found.visual), truth)
    both = found.probability_audio, found.probability_visual
    return replace(events, probabilities=both, protocol=used)


def pseudo_labels_of(store: FeatureStore, split: str) -> ScoredPredictions:
    """The pseudo-labels of a split of a store; errors as of `predictions_of_parser`."""
    videos = store.videos(split)
    return _on_store(
        store, split, "pseudo-labels", (videos.pseudo_audio, videos.pseudo_visual), videos.truth()
    )


def tables_on_store(store: FeatureStore, split: str, audio: Path, visual: Path) -> ScoredPredictions:
    """Predictions in two tables of events on a split of a store.

    Raises:
        LeapError: the split has no dense labels or cannot be read, or a table cannot be read or names another
            video, an unknown class or a time span outside the video.
    """
    ids = store.ids(split)
    read = [read_events(path, ids, store.classes, store.segments) for path in (audio, visual)]
    return _on_store(store, split, "predictions", (read[0], read[1]), store.videos(split).truth())


def tables_on_llp(
    annotations: str | Path, split: str, audio: str | Path, visual: str | Path, repair: Repair = "none"
) -> ScoredPredictions:
    """Predictions in two tables of events on LLP's annotations; errors as of `leap.inference.score_files`."""
    truth = read_annotations(annotations, split, repair)
    predicted = (read_events(audio, truth.filenames), read_events(visual, truth.filenames))
    title, names = f"predictions on LLP, {split}", tuple(truth.filenames)
    return ScoredPredictions(title, names, LLP, *predicted, truth.audio, truth.visual)


def _on_store(
    store: FeatureStore,
    split: str,
    what: str,
    predicted: tuple[Labels, Labels],
    truth: tuple[Labels, Labels],
) -> ScoredPredictions:
    title = f"{what} on {store.dataset}, {split}"
    return ScoredPredictions(title, store.ids(split), tuple(store.classes), *predicted, *truth)
