"""Event layouts: which classes occur when and in which modality, sampled with LLP's statistics.

In one segment, a class of a video is in one of the states ``"-"`` (absent), ``"A"`` (only heard), ``"V"``
(only seen) and ``"AV"``. The states of a (video, class) pair over the segments form a sequence. Its *kind*
describes how the two modalities relate (only one of them, identical, one within the other, partial overlap)
and whether the class is the only one of its video. The *composition* of a video is the collection of its
pairs' kinds.

The model is semi-Markov: a composition is drawn, then for every pair a chain of runs. Given the segment at
which a run begins and the state before it, the chain draws the run's state and end from measured counts. So
the number of classes per video, modalities, onsets, run lengths and asynchrony follow LLP. Given their
kinds, the pairs of a sampled video are independent in time, whereas those of LLP slightly avoid each other:
events overlap somewhat more in sampled videos than in LLP.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import read_annotations, read_weak_labels, runs_of
from leap.data.classes import LLP
from leap.errors import LeapError
from leap.io.atomic import atomic_write
from leap.io.reason import explain

COMMAND = "leap data measure-layouts --annotations DIR --out FILE"
LLP_STATISTICS = Path(__file__).with_name("layout_statistics.json")
"""File of LLP's statistics, which ships with the package."""

STATES = ("-", "A", "V", "AV")
ALONE = "alone, "
Labels = NDArray[np.uint8]
Counts = dict[str, int]
Summary = dict[str, float | list[float]]


@dataclass(frozen=True)
class LayoutStatistics:
    """Counts that the sampler draws from, and a summary for readers and tests.

    Attributes:
        segments: segments per video, T.
        source: origin of the labels, and the command that measured them.
        summary: `summarise` of the measured labels.
        compositions: composition, such as ``"audio only + identical"`` → number of videos.
        chains: kind → ``"<first segment> <state before>"`` → ``"<state> <end>"`` → number of runs; ends are
            exclusive.
        class_counts: class → number of training videos that carry it.
    """

    segments: int
    source: str
    summary: Summary
    compositions: Counts
    chains: dict[str, dict[str, Counts]]
    class_counts: Counts = field(default_factory=dict)


def measure_layouts(annotations: Path, out: Path) -> LayoutStatistics:
    """Measure LLP's layouts on its densely annotated videos, val and test, and write them to a JSON file.

    Class counts come from the weak labels of train.

    Args:
        annotations: folder of LLP's annotation files.
        out: the JSON file to write.

    Raises:
        LeapError: an annotation file is missing or malformed.
    """
    parts = [read_annotations(annotations, split) for split in ("val", "test")]
    weak, audio, visual = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("weak", "audio", "visual")
    )
    statistics = measure(weak, audio, visual, source=f"LLP val and test, measured by `{COMMAND}`")
    counts = read_weak_labels(annotations, "train").weak.sum(0).tolist()
    statistics = replace(statistics, class_counts=dict(zip(LLP, counts, strict=True)))
    atomic_write(out, _readable(asdict(statistics), depth=3) + "\n")
    return statistics


def load_statistics(path: Path = LLP_STATISTICS) -> LayoutStatistics:
    """Read a file written by `measure_layouts`; by default the statistics of LLP that ship with the package.

    Raises:
        LeapError: the file cannot be read, or holds something else.
    """
    try:
        return LayoutStatistics(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        why = explain(error, "not a file of layout statistics", f"make it with `{COMMAND}`")
        raise LeapError(f"{path}: {why}") from error


def measure(weak: Labels, audio: Labels, visual: Labels, source: str = "") -> LayoutStatistics:
    """Count compositions of videos and runs of states.

    Args:
        weak: weak labels, (N, C), for the summary only; layouts are those of the dense labels.
        audio: dense audio labels, (N, T, C).
        visual: dense visual labels, (N, T, C).
        source: origin of the labels.

    Returns:
        Statistics without class counts.
    """
    compositions: Counter[str] = Counter()
    chains: dict[str, dict[str, Counter[str]]] = {}
    for video in audio + 2 * visual:  # (T, C), indices of STATES
        pairs = [_states(pair) for pair in video.T if pair.any()]
        kinds = [(ALONE if len(pairs) == 1 else "") + _kind(pair) for pair in pairs]
        compositions[" + ".join(sorted(kinds))] += 1
        for kind, pair in zip(kinds, pairs, strict=True):
            for key, run in _steps(pair):
                chains.setdefault(kind, {}).setdefault(key, Counter())[run] += 1
    summary: Summary = {"videos": len(weak), "weak_labels_per_video": _round(weak.sum(1).mean())}
    return LayoutStatistics(
        segments=audio.shape[1],
        source=source,
        summary=summary | summarise(audio, visual),
        compositions=_sorted(compositions),
        chains={
            kind: {key: _sorted(chains[kind][key]) for key in sorted(chains[kind])} for kind in sorted(chains)
        },
    )


def sample_layouts(
    n: int,
    n_classes: int,
    statistics: LayoutStatistics,
    rng: np.random.Generator,
    max_classes: int = 3,
    class_weights: NDArray[np.float64] | None = None,
) -> tuple[Labels, Labels]:
    """Draw the dense labels of videos with one to ``max_classes`` classes each.

    Args:
        n: number of videos.
        n_classes: number of classes, C.
        statistics: counts to draw from.
        rng: random generator.
        max_classes: largest number of classes per video.
        class_weights: relative frequencies of the classes, (C,), by which the classes of a video are drawn
            without replacement; uniform by default.

    Returns:
        Audio and visual labels, each (n, T, C) uint8 of zeros and ones. Every class of a video occurs in at
        least one modality.
    """
    compositions = {
        name: k for name, k in statistics.compositions.items() if len(_kinds(name)) <= max_classes
    }
    states = np.zeros((n, statistics.segments, n_classes), np.uint8)  # (n, T, C)
    for video in states:
        kinds = _kinds(_draw(compositions, rng))
        drawn = rng.permutation(n_classes) if class_weights is None else _by_weight(class_weights, rng)
        for label, kind in zip(drawn, kinds, strict=False):
            video[:, label] = _sample_pair(kind, statistics, rng)
    return (states & 1).astype(np.uint8), (states >> 1).astype(np.uint8)


def summarise(audio: Labels, visual: Labels) -> Summary:
    """Summarize dense labels, each (N, T, C), by statistics that matter for parsing.

    Returns:
        Name → value. Numbers are fractions or means over videos, (video, class) pairs, segments or runs, as
        their names say. Lists are distributions over T values: first onsets 0, …, T − 1, and lengths of runs
        and of gaps between runs 1, …, T.
    """
    has_audio, has_visual = audio.any(1), visual.any(1)  # (N, C)
    either, both = has_audio | has_visual, has_audio & has_visual
    together = _pairs(audio, both) & _pairs(visual, both)  # (M, T)
    union = _pairs(audio, both) | _pairs(visual, both)
    summary: Summary = {
        "classes_per_video": _round(either.sum(1).mean()),
        "pairs_in_both": _round(both.sum() / either.sum()),
        "pairs_audio_only": _round((has_audio & ~has_visual).sum() / either.sum()),
        "pairs_visual_only": _round((has_visual & ~has_audio).sum() / either.sum()),
        "both_identical": _round((together == union).all(1).mean()),
        "both_iou": _round((together.sum(1) / union.sum(1)).mean()),
    }
    for name, labels in (("audio", audio), ("visual", visual)):
        summary |= {f"{name}_{key}": value for key, value in _summarise_modality(labels).items()}
    return summary


def _summarise_modality(labels: Labels) -> Summary:
    segments = labels.shape[1]
    pairs = _pairs(labels, labels.any(1))  # (M, T)
    pair, start, end = np.array(runs_of(pairs.T), np.intp).reshape(-1, 3).T
    follows = np.flatnonzero(pair[1:] == pair[:-1])
    overlap = labels.sum(2) >= 2  # (N, T)
    return {
        "overlapping_segments": _round(overlap.mean()),
        "overlapping_videos": _round(overlap.any(1).mean()),
        "active_share": _round(pairs.mean()),
        "runs_per_pair": _round(len(pair) / len(pairs)),
        "first_onsets": _distribution(pairs.argmax(1), segments),
        "run_lengths": _distribution(end - start - 1, segments),
        "gap_lengths": _distribution(start[follows + 1] - end[follows] - 1, segments),
    }


def _by_weight(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw all classes in weighted random order, without replacement (exponential race)."""
    return np.argsort(rng.exponential(size=len(weights)) / weights)


def _sample_pair(kind: str, statistics: LayoutStatistics, rng: np.random.Generator) -> Labels:
    """Draw the states of one pair, (T,), by rejection sampling until they are of its kind."""
    pair = np.zeros(statistics.segments, np.uint8)
    while _kind(_states(pair)) != kind.removeprefix(ALONE):
        start, state = 0, ""
        while start < statistics.segments:
            run = _draw(statistics.chains[kind][f"{start} {state}"], rng)
            state, end = run.split()
            pair[start : int(end)] = STATES.index(state)
            start = int(end)
    return pair


def _kind(pair: list[str]) -> str:
    seen = set(pair) - {"-"}
    names = {"A": "audio only", "V": "visual only", "AV": "identical"}
    if len(seen) <= 1:
        return names[seen.pop()] if seen else "absent"
    return {"A AV": "visual within audio", "AV V": "audio within visual"}.get(
        " ".join(sorted(seen)), "partial"
    )


def _steps(pair: list[str]) -> Iterator[tuple[str, str]]:
    start, before = 0, ""
    for end in range(1, len(pair) + 1):
        if end == len(pair) or pair[end] != pair[start]:
            yield f"{start} {before}", f"{pair[start]} {end}"
            start, before = end, pair[start]


def _pairs(labels: Labels, chosen: NDArray[np.bool_] | np.bool_) -> Labels:
    return labels.transpose(0, 2, 1)[chosen]  # (M, T)


def _states(pair: Labels) -> list[str]:
    return [STATES[index] for index in pair]


def _kinds(composition: str) -> list[str]:
    return composition.split(" + ")


def _draw(counts: Counts, rng: np.random.Generator) -> str:
    cumulative = np.cumsum(list(counts.values()))
    return list(counts)[np.searchsorted(cumulative, rng.integers(cumulative[-1]), side="right")]


def _sorted(counts: Counter[str]) -> Counts:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _readable(value: object, depth: int, indent: str = "") -> str:
    """Format JSON with one line per entry of the outer ``depth`` levels."""
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value)
    lines = [
        f"{indent} {json.dumps(key)}: {_readable(item, depth - 1, indent + ' ')}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _distribution(values: NDArray[np.intp], size: int) -> list[float]:
    return [_round(share) for share in np.bincount(values, minlength=size)[:size] / max(len(values), 1)]


def _round(value: float) -> float:
    return round(float(value), 4)
