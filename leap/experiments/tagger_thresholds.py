"""The thresholds and the smoothing of the parser without training, chosen on AV-Everyday's validation split.

The videos are rendered again, and tagged once as the tagger does it. Every smoothing is then scored with
every threshold. The rule is the largest micro-averaged segment-level F over the classes that have tags in the
modality; of equal candidates the first is taken. The test split is not read.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from leap.data.av_everyday.build import SIZES, double_rate, renderings
from leap.data.av_everyday.rendering import Rendering
from leap.data.av_everyday.sources import check_material
from leap.data.classes import AV_EVERYDAY
from leap.experiments.runs import check_writable
from leap.experiments.tables import write_table
from leap.features.batches import embed
from leap.features.image_preprocessing import efficientnet_lite_preprocessing
from leap.features.networks.loading import load_network_once
from leap.features.tagger_features import yamnet_patches
from leap.features.taggers.classes import EventClass, audioset_classes, select_classes, undetectable
from leap.features.taggers.event_scores import SMOOTHINGS, Decoding, event_scores, tag_scores
from leap.features.weights import EVERYDAY, check_fetched
from leap.metrics import precision_recall
from leap.metrics.arrays import MODALITIES

TABLE = "tagger_thresholds.csv"
THRESHOLDS = {
    "audio": [percent / 100 for percent in range(5, 100, 5)],
    "visual": [percent / 100 for percent in range(2, 92, 2)],
}
MARGINS = {"audio": (0, 1, 2), "visual": (0,)}

PROVISIONAL = {"audio": Decoding(0.5, "none", 1), "visual": Decoding(0.3, "1-2-1", 0)}
"""The settings before any were chosen on data."""

CANDIDATE, CHOSEN, BEFORE = "candidate", "chosen", "provisional"
"""Kinds of rows of the table."""

Array = NDArray[np.float32]


class TaggedVideos(NamedTuple):
    """Videos and their tags in one modality.

    Attributes:
        tags: scores of tags, (N, 4·T, 521) by ear or (N, T, 1000) by eye.
        true: events of the ground truth, (N, T, C).
    """

    tags: Array
    true: NDArray[np.uint8]


def choose_settings(material: Path, weights: Path, results: Path) -> str:
    """Choose the settings, and write the table of what was compared.

    Args:
        material: folder of AV-Everyday's pinned material.
        weights: folder of the networks' weights.
        results: folder of results; the table is ``tables/tagger_thresholds.csv`` in it.

    Returns:
        Content of ``thresholds.json``.

    Raises:
        LeapError: weights are missing, ``material`` does not hold the pinned material, or the table cannot be
            written.
    """
    check_fetched(EVERYDAY, weights)
    check_material(material)
    check_writable(results / "tables")
    classes, n = select_classes(AV_EVERYDAY, audioset_classes(weights)), SIZES["val"]
    tagged = tag_videos(renderings("val", n, material, rotation=0, seed=0), weights)
    table = pd.concat([compare(modality, tagged[modality], classes) for modality in MODALITIES])
    write_table(table.set_index("modality"), results / "tables" / TABLE)
    return settings(table, n)


def tag_videos(videos: Iterator[Rendering], weights: Path) -> dict[str, TaggedVideos]:
    """Tag the sound and the frames of videos, by modality.

    Args:
        videos: the videos.
        weights: folder of the networks' weights.
    """
    yamnet, lite = (load_network_once(name, weights) for name in ("yamnet", "efficientnet-lite0"))
    lite.to(memory_format=torch.channels_last)  # faster on a CPU
    prepared = efficientnet_lite_preprocessing(lite.side)
    found = [
        (
            tag_scores(yamnet, embed(yamnet, yamnet_patches(double_rate(video.waveform)))),
            tag_scores(lite, embed(lite, map(prepared, video.frames))),
            video.heard,
            video.seen,
        )
        for video in videos
    ]
    heard_tags, seen_tags, heard, seen = (np.stack(arrays) for arrays in zip(*found, strict=True))
    return {"audio": TaggedVideos(heard_tags, heard), "visual": TaggedVideos(seen_tags, seen)}


def compare(modality: str, videos: TaggedVideos, classes: Sequence[EventClass]) -> pd.DataFrame:
    """Score every smoothing at its best threshold, and the provisional settings.

    Args:
        modality: ``"audio"`` or ``"visual"``.
        videos: the videos and their tags.
        classes: the C event classes.

    Returns:
        One row per smoothing and margin, and one of the provisional settings; columns ``modality``, those of
        `Decoding`, ``precision``, ``recall`` and ``f`` × 100, and ``kind``.
    """
    best = [
        max(
            score(modality, videos, classes, smoothing, margin, THRESHOLDS[modality]),
            key=lambda row: row["f"],
        )
        for margin in MARGINS[modality]
        for smoothing in SMOOTHINGS
    ]
    threshold, smoothing, margin = PROVISIONAL[modality]
    before = score(modality, videos, classes, smoothing, margin, [threshold])
    table = pd.DataFrame(best + before).assign(kind=[CANDIDATE] * len(best) + [BEFORE])
    table.loc[max(range(len(best)), key=lambda row: best[row]["f"]), "kind"] = CHOSEN
    table.insert(0, "modality", modality)
    return table


def score(
    modality: str,
    videos: TaggedVideos,
    classes: Sequence[EventClass],
    smoothing: str,
    margin: int,
    thresholds: Sequence[float],
) -> list[dict[str, Any]]:
    """Precision, recall and F × 100 over the classes with tags in the modality, at every threshold."""
    none = undetectable(classes)[modality]
    kept = [label for label, one in enumerate(classes) if one.name not in none]
    tagged = [classes[label] for label in kept]
    scores = np.stack([event_scores(modality, tags, tagged, smoothing, margin) for tags in videos.tags])
    return [
        Decoding(threshold, smoothing, margin)._asdict()
        | precision_recall(scores >= threshold, videos.true[..., kept])
        for threshold in thresholds
    ]


def settings(table: pd.DataFrame, videos: int) -> str:
    """The chosen settings as the content of ``thresholds.json``.

    Args:
        table: rows of `compare` of both modalities.
        videos: number of videos on which they were chosen.
    """
    best, before = (table[table["kind"] == kind].set_index("modality") for kind in (CHOSEN, BEFORE))
    scores = ", ".join(
        f"{best['f'][modality]:.1f} ({modality}; {before['f'][modality]:.1f} with the provisional settings)"
        for modality in MODALITIES
    )
    comment = (
        f"Chosen by `leap study tagger` on {videos} val videos of AV-Everyday: the largest micro-averaged "
        f"segment-level F over the classes with tags, {scores}. threshold: smallest score of an event. "
        "smoothing: weights of the second before, of the second itself and of the second after. margin: "
        "patches of sound before and after those of a second that count, too."
    )
    chosen = {modality: best.loc[modality, list(Decoding._fields)].to_dict() for modality in MODALITIES}
    return json.dumps({"comment": comment} | chosen, indent=1)
