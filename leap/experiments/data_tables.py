"""Tables about a data set: sizes, layouts, pseudo-labels, trivial baselines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leap.data.layouts import LayoutStatistics, Summary, summarise
from leap.data.pseudo_labels import called_though_absent, precision_recall
from leap.data.store import SPLITS, FeatureStore
from leap.data.trivial_baselines import label_free_baselines, trivial_baselines
from leap.experiments.tables import TITLES
from leap.metrics import overlapping_videos, parsing_scores
from leap.metrics.arrays import MODALITIES

LAYOUT_MEASURES = {
    "classes_per_video": "classes per video",
    "pairs_in_both": "(video, class) pairs heard and seen",
    "pairs_audio_only": "heard only",
    "pairs_visual_only": "seen only",
    "both_identical": "of the heard and seen: at identical times",
    "both_iou": "of the heard and seen: mean temporal IoU",
    "audio_overlapping_segments": "segments with two or more heard",
    "visual_overlapping_segments": "segments with two or more seen",
    "audio_overlapping_videos": "videos with overlap, heard",
    "visual_overlapping_videos": "videos with overlap, seen",
}
"""Measure of `leap.data.layouts.Summary` → title of its row."""


def split_table(store: FeatureStore) -> pd.DataFrame:
    """Sizes of each split, mean number of labels and fraction of videos with overlapping events.

    Returns:
        One row per split.

    Raises:
        LeapError: a split has no dense labels.
    """
    rows = {}
    for split in SPLITS:
        videos = store.videos(split)
        rows[split] = {
            "videos": len(videos),
            "segments": store.segments,
            "classes": len(store.classes),
            "labels per video": float(videos.weak.sum(1).mean()),
            "videos with overlap": float(overlapping_videos(*videos.truth()).mean()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def layout_table(reference: LayoutStatistics, ours: Summary, title: str) -> pd.DataFrame:
    """Measures of the layouts of LLP's events beside those of a data set.

    Args:
        reference: layout statistics of LLP.
        ours: measures of the data set.
        title: name of the data set.

    Returns:
        One row per measure, columns ``LLP`` and ``title``.
    """
    rows = {text: (reference.summary[name], ours[name]) for name, text in LAYOUT_MEASURES.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["LLP", title]).astype(float)


def layout_summary(store: FeatureStore) -> Summary:
    """Measures of the layouts of a data set's test videos."""
    audio, visual = (labels.numpy().astype(np.uint8) for labels in store.videos("test").truth())  # (N, T, C)
    return summarise(audio, visual)


def pseudo_label_table(store: FeatureStore) -> pd.DataFrame:
    """Precision, recall and F × 100 of the pseudo-labels and of weak labels expanded to all segments.

    Returns:
        One row per split, modality and kind of labels; micro averages over videos, segments and classes.

    Raises:
        LeapError: a split has no dense labels.
    """
    rows = {}
    for split in SPLITS:
        videos = store.videos(split)
        expanded = trivial_baselines(videos)["weak label"]
        for index, modality in enumerate(("audio", "visual")):
            true = videos.truth()[index]
            for name, labels in (
                ("pseudo-labels", getattr(videos, f"pseudo_{modality}")),
                ("weak label in all segments", expanded[index]),
            ):
                values = precision_recall(labels, true)._asdict()
                rows[split, modality, name] = {key: 100 * value for key, value in values.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["split", "modality", "labels"])


def absent_pair_table(store: FeatureStore) -> pd.DataFrame:
    """How often the pseudo-labels mark a class in a modality in which it never occurs.

    The loss L_basic trains the video probability of a modality towards these marks.

    Returns:
        One row per split and modality: ``pairs``, the (video, class) pairs of the weak label that never occur
        in the modality, and ``called present``, the percentage of them marked in at least one segment.

    Raises:
        LeapError: a split has no dense labels.
    """
    rows = {}
    for split in SPLITS:
        videos = store.videos(split)
        for modality, true in zip(MODALITIES, videos.truth(), strict=True):
            found = called_though_absent(getattr(videos, f"pseudo_{modality}"), true, videos.weak)
            rows[split, modality] = {"pairs": found.pairs, "called present": 100 * found.called}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["split", "modality"])


def class_quality_table(store: FeatureStore, split: str = "test") -> pd.DataFrame:
    """Precision, recall and F × 100 of the pseudo-labels of each class.

    Args:
        store: the data set.
        split: the split that is scored.

    Returns:
        One row per modality and class. ``never`` counts the videos that carry the class but in which it never
        occurs in the modality; ``called`` is the percentage of these in which a pseudo-label says it does.

    Raises:
        LeapError: the split has no dense labels.
    """
    videos, rows = store.videos(split), {}
    for modality, true in zip(("audio", "visual"), videos.truth(), strict=True):
        pseudo = getattr(videos, f"pseudo_{modality}")  # (N, T, C)
        for label, name in enumerate(store.classes):
            of_class = pseudo[..., [label]], true[..., [label]]
            values = precision_recall(*of_class)._asdict()
            never, called = called_though_absent(*of_class, videos.weak[:, [label]])
            rows[modality, name] = {key: 100 * value for key, value in values.items()} | {
                "never": never,
                "called": 100 * called,
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["modality", "class"])


def trivial_baseline_table(store: FeatureStore) -> pd.DataFrame:
    """The ten scores × 100 of the trivial baselines on test, rounded to 0.1, one row per baseline."""
    videos = store.videos("test")
    rows = {
        name: parsing_scores(*cubes, *videos.truth()) for name, cubes in trivial_baselines(videos).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns=TITLES).round(1)


def best_label_free_baseline(store: FeatureStore) -> pd.Series:
    """Title → best score × 100 on test among the baselines that read no label of the test videos.

    The best is taken for each of the ten scores by itself, see
    `leap.data.trivial_baselines.label_free_baselines`.
    """
    videos = store.videos("test")
    found = label_free_baselines(store.videos("train"), videos)
    rows = [parsing_scores(*cubes, *videos.truth()) for cubes in found.values()]
    return pd.DataFrame(rows).rename(columns=TITLES).max()


def role_table(store: FeatureStore) -> pd.DataFrame:
    """The material of every role, from the provenance of AV-Digits or AV-Everyday.

    Returns:
        One row per role. AV-Digits: speakers, takes and handwriting; the upper ends of the ranges are
        exclusive. AV-Everyday: speakers, and numbers of recordings and photographs.
    """
    describe = _everyday_role if store.dataset == "av-everyday" else _digits_role
    rows = {role: describe(parts) for role, parts in store.provenance["roles"].items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def _digits_role(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "speakers": ", ".join(parts["speakers"]),
        "takes": "{}…{}".format(*parts["takes"]),
        "handwriting": "{}…{}".format(*parts["handwriting"]),
    }


def _everyday_role(parts: Mapping[str, Any]) -> dict[str, Any]:
    ranges = [first_last for folder in parts["photographs"].values() for first_last in folder]
    return {
        "speakers": ", ".join(parts["recordings"]["speech"]),
        "recordings": sum(len(names) for names in parts["recordings"].values()),
        "photographs": sum(last - first for first, last in ranges),
    }
