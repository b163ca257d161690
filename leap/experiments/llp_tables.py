"""Tables about LLP, from its annotations, and about LLP-Sim."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap.data.annotations import read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.data.layouts import load_statistics, summarise
from leap.data.llp.check import RULES, check_annotations
from leap.data.llp.trivial_baselines import LABELS_USED, score_trivial_baselines
from leap.data.llp_sim import background, simulate_labels
from leap.data.llp_sim.feature_statistics import feature_statistics, vggish_statistics
from leap.experiments.data_tables import LAYOUT_MEASURES
from leap.experiments.published import published
from leap.experiments.tables import TITLES
from leap.metrics import overlapping_videos, parsing_scores

VALOR = "VALOR pseudo-labels on LLP test (masked by the true video labels)"
SIMULATED_BLOCKS = 16
"""Number of blocks of 64 videos that are simulated to measure LLP-Sim."""


def split_table(annotations: Path) -> pd.DataFrame:
    """Number of videos, labels and events of each split.

    Args:
        annotations: folder of the annotation files.

    Returns:
        One row per split; NaN where a split has no dense labels.
    """
    rows: dict[str, dict[str, float]] = {}
    for split in ("train", "val", "test"):
        weak = read_weak_labels(annotations, split).weak.sum(1)
        rows[split] = {
            "videos": len(weak),
            "labels per video": weak.mean(),
            "videos with several labels": (weak > 1).mean(),
        }
    for split in ("val", "test"):
        truth = read_annotations(annotations, split)
        overlap = overlapping_videos(truth.audio, truth.visual)
        rows[split] |= {
            "audio events": _events(truth.audio),
            "visual events": _events(truth.visual),
            "audio-visual events": _events(truth.audio & truth.visual),
            "videos with overlap": overlap.mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def readable_splits(splits: pd.DataFrame) -> pd.DataFrame:
    """`split_table` as text: counts as integers, fractions and means with two decimals."""
    counts = [str(name) for name in splits if name == "videos" or str(name).endswith("events")]
    text = splits.map("{:.2f}".format)
    text[counts] = splits[counts].map("{:,.0f}".format)
    return text.where(splits.notna(), "–")


def defect_table(annotations: Path) -> pd.DataFrame:
    """Number of defects of each kind in the annotation files, and how the reader handles them."""
    counts = Counter(finding.kind for finding in check_annotations(annotations))
    rows = {
        kind: {"found": counts[kind], "what it is, and what is done": rule} for kind, rule in RULES.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


def trivial_baseline_table(annotations: Path) -> pd.DataFrame:
    """The ten scores × 100 on test of the trivial baselines, which read no features."""
    val, test = (read_annotations(annotations, split) for split in ("val", "test"))
    return pd.DataFrame.from_dict(score_trivial_baselines(val, test), orient="index").rename_axis(
        "prediction"
    )


def readable_baselines(baselines: pd.DataFrame) -> pd.DataFrame:
    """`trivial_baseline_table` as text, with the labels that each baseline reads."""
    return (
        baselines.rename(columns=TITLES)
        .round(1)
        .assign(reads=[LABELS_USED[name] for name in baselines.index])
    )


def lessons(baselines: pd.DataFrame) -> list[str]:
    """Paragraphs that put published scores in relation to the trivial baselines; all of it is computed."""
    systems = published().query("kind == 'system'")
    in_all, where_usual = "weak label in every second", "weak label where its class usually is"
    nothing, everywhere, usual = (baselines.loc[name] for name in ("nothing", in_all, where_usual))
    two, ten = (baselines.loc[f"truth with {rate} % of seconds wrong"] for rate in (2, 10))

    def above(baseline: str, name: str) -> str:
        """Number of published systems above a baseline, of those with the score."""
        return f"{(systems[name] > baselines[name][baseline]).sum()} of {systems[name].notna().sum()}"

    return [
        f"Predicting no event scores {nothing.seg_v:.1f} for visual and {nothing.seg_av:.1f} for audio-"
        "visual events, because a video without such events scores 100 where none is predicted. "
        f"Event@AV starts at {nothing.seg_event:.1f}.",
        "Knowing only the set of events gives a high score: expanded to all segments, the true weak label "
        f"has {everywhere.seg_event:.1f} in segment-level and {everywhere.evt_event:.1f} in event-level "
        f"Event@AV. Of the published systems, {above(in_all, 'seg_event')} are above the first and "
        f"{above(in_all, 'evt_event')} above the second; the others score no more than the set of events.",
        f"In visual and audio-visual scores, the expanded weak label reaches {everywhere.seg_v:.1f} and "
        f"{everywhere.seg_av:.1f}, and {above(in_all, 'seg_v')} and {above(in_all, 'seg_av')} "
        "published systems are above it. Restricted to the segments and the modality in which val often has "
        f"a class, which does not require the video, it reaches {usual.seg_v:.1f} and {usual.seg_av:.1f}; "
        f"{above(where_usual, 'seg_v')} and {above(where_usual, 'seg_av')} are above that.",
        "Isolated errors are expensive: a parser that errs in a tenth of the seconds of present classes "
        f"keeps {ten.seg_type:.1f} of 100 in segment-level and {ten.evt_type:.1f} in event-level Type@AV; "
        f"with a fiftieth, it keeps {two.seg_type:.1f} and {two.evt_type:.1f}.",
    ]


def simulation_table() -> pd.DataFrame:
    """Measures of LLP, or of real VGGish features, beside those of LLP-Sim.

    Returns:
        One row per group and measure, columns ``real`` and ``LLP-Sim``.
    """
    blocks = [simulate_labels("train", block, 0, len(LLP)) for block in range(SIMULATED_BLOCKS)]
    labels = [np.concatenate(cubes) for cubes in zip(*blocks, strict=True)]  # (N, T, C) each
    audio, visual, pseudo_audio, pseudo_visual = labels
    ours, real = summarise(audio, visual), load_statistics()
    rows: dict[tuple[str, str], Any] = {}
    for name, text in LAYOUT_MEASURES.items():
        rows["layouts", text] = real.summary[name], ours[name]
    counts, drawn = np.array(list(real.class_counts.values())), (audio | visual).any(1).sum(0)  # (C,)
    rows["classes", "fraction of the most frequent"] = counts.max() / counts.sum(), drawn.max() / drawn.sum()
    rows["classes", "fraction of the least frequent"] = counts.min() / counts.sum(), drawn.min() / drawn.sum()
    features, simulated = vggish_statistics(), feature_statistics(background(178)["audio"])
    for name, text in FEATURE_STATISTICS.items():
        rows["audio features without events", text] = features[name], simulated[name]
    valor, scores = published().loc[VALOR], parsing_scores(pseudo_audio, pseudo_visual, audio, visual)
    for name in ("seg_a", "seg_v", "seg_av", "seg_event"):
        rows["pseudo-labels", TITLES[name]] = valor[name], scores[name]
    index = pd.MultiIndex.from_tuples(rows, names=["of", "statistic"])
    return pd.DataFrame(list(rows.values()), index, ["real", "LLP-Sim"], dtype=float)


FEATURE_STATISTICS = {
    "mean": "mean",
    "deviation": "standard deviation",
    "maximum": "maximum",
    "zeros": "fraction of zeros",
    "between_videos": "fraction of variance between videos",
    "lag_one": "correlation with the next second",
    "lag_one_within": "the same within a video",
    "participation_ratio": "participation ratio",
}


def _events(cube: np.ndarray) -> int:
    """Number of events: maximal runs of ones along the segments of (N, T, C)."""
    return int((np.diff(cube.astype(np.int8), axis=1, prepend=0) == 1).sum())
