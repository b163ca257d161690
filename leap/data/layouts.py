"""Event layouts: which classes occur in a video, in which modality and when, as measured on LLP.

A (video, class) pair is a sequence of states ``"-"``, ``"A"``, ``"V"``, ``"AV"``, one a segment. Its *kind*
says how the two modalities go together (only one of them, identical, one within the other, neither) and
whether the pair is alone in its video. A video is a composition of kinds, and a pair of each kind is a
semi-Markov chain: given the segment where a run of one state begins and the state before it, the chain
gives the run's state and its end. Measured counts are the whole model, so classes a video, modality shares,
onsets, run lengths and asynchrony follow LLP. The pairs of one video are independent in time given their
kinds, while LLP's avoid one another a little: sampled videos overlap somewhat more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leap.data.annotations import read_annotations, read_weak_labels
from leap.data.classes import LLP
from leap.errors import LeapError
from leap.io.atomic import atomic_write

COMMAND = "leap data measure-layouts --annotations DIR --out FILE"
LLP_STATISTICS = Path(__file__).with_name("layout_statistics.json")
STATES = ("-", "A", "V", "AV")
ALONE = "alone, "
Labels = NDArray[np.uint8]
Counts = dict[str, int]
Summary = dict[str, float | list[float]]


@dataclass(frozen=True)
class LayoutStatistics:
    """What the sampler draws from, and a summary for readers and tests.

    Attributes:
        segments: number of segments T of a video.
        source: where the labels come from and the command that measures them.
        summary: `summarise` of the measured labels.
        compositions: number of videos for each combination of kinds, such as ``"audio only + identical"``.
        class_counts: number of training videos that carry each class.
        chains: for each kind, for each ``"<first segment> <state before>"``, how many runs have the state
            and end ``"<state> <end>"``; ends are exclusive.
    """

    segments: int
    source: str
    summary: Summary
    compositions: Counts
    chains: dict[str, dict[str, Counts]]
    class_counts: Counts = field(default_factory=dict)


def measure_layouts(annotations: Path, out: Path) -> LayoutStatistics:
    """Measure the layouts of LLP's densely annotated videos, val and test, and write them to a JSON file.

    Class counts are of the weak labels of train.
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
    """Read what `measure_layouts` wrote; by default the statistics of LLP that come with the package."""
    try:
        return LayoutStatistics(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise LeapError(f"{path}: not a file of layout statistics; make it with `{COMMAND}`") from error


def measure(weak: Labels, audio: Labels, visual: Labels, source: str = "") -> LayoutStatistics:
    """Count compositions and state runs.

    Args:
        weak: (N, C), only for the summary: the layout of a video is that of its dense labels.
        audio: dense audio labels, (N, T, C).
        visual: dense visual labels, (N, T, C).
        source: where the labels come from.
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
    """Draw the dense labels of ``n`` videos with one to ``max_classes`` of ``n_classes`` classes each.

    Classes are drawn uniformly, or one after another by ``class_weights`` (n_classes,), which sum to 1. Every
    class of a video occurs in at least one modality.

    Returns:
        audio and visual labels, each (n, T, n_classes) of zeros and ones.
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
    """Describe dense labels, each (N, T, C), by the statistics that matter for parsing.

    Shares and means are over videos, (video, class) pairs, segments or runs as the names say; lists are
    distributions over T values: first onsets 0…T−1, lengths of runs and of gaps between runs 1…T.
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
    pair, start, end = _runs(pairs)
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
    """All classes, drawn one after another by weight without returning them."""
    return np.argsort(rng.exponential(size=len(weights)) / weights)


def _sample_pair(kind: str, statistics: LayoutStatistics, rng: np.random.Generator) -> Labels:
    """Draw the states (T,) of one pair, again where it lacks a modality that its kind needs."""
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


def _runs(pairs: Labels) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Row, start and exclusive end of every maximal run of ones in ``pairs`` (M, T), in order."""
    change = np.diff(np.pad(pairs.astype(np.int8), ((0, 0), (1, 1))))  # (M, T + 1)
    row, start = np.nonzero(change == 1)
    return row, start, np.nonzero(change == -1)[1]


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
    """JSON with one line for each entry of the outer ``depth`` levels."""
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
