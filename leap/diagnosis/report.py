"""A diagnosis as text and as tables."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from leap.diagnosis.diagnosis import Diagnosis
from leap.diagnosis.fixing import Scores
from leap.io.atomic import atomic_path
from leap.metrics import TITLES
from leap.metrics.titles import SUMMARY_SCORES

TABLES = {
    "errors.csv": ("video", "modality", "class", "start", "end", "event", "type"),
    "gains.csv": ("type", "score", "first", "in_order", "last"),
    "splits.csv": ("split", "part", "type", "predicted", "true", "wrong_predicted", "wrong_true"),
}
"""Name of a table → its columns."""

WITHOUT_PREDICTION = "video without predicted events"
"""Column of the list of videos in which no event is predicted."""


def as_text(diagnosis: Diagnosis) -> str:
    """Scores; wrong events by type and what fixing them would gain; and wrong events by part."""
    return "\n\n".join([_score_lines(diagnosis.scores), _type_lines(diagnosis), _part_lines(diagnosis)])


def write_tables(diagnosis: Diagnosis, videos: Sequence[str], out: Path) -> list[Path]:
    """Write the tables of a diagnosis to a folder, as CSV, each atomically.

    Args:
        diagnosis: the diagnosis.
        videos: names of the videos.
        out: the folder.

    Returns:
        Paths of the files, in the order of `TABLES`.

    Raises:
        OSError: a file cannot be written.
    """
    rows = _error_rows(diagnosis, videos), _gain_rows(diagnosis), _split_rows(diagnosis)
    for (name, columns), lines in zip(TABLES.items(), rows, strict=True):
        with atomic_path(out / name) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([columns, *lines])
    return [out / name for name in TABLES]


def mean_rise(rise: Scores) -> float:
    """Mean of a rise over the four summary scores."""
    return sum(rise[name] for name in SUMMARY_SCORES) / len(SUMMARY_SCORES)


def _score_lines(scores: Scores) -> str:
    titles = [f"{title:>13}" for title in TITLES.values()]
    values = [f"{scores[name]:13.2f}" for name in TITLES]
    return "\n".join(
        "".join(line) for half in (slice(5), slice(5, 10)) for line in (titles[half], values[half])
    )


def _type_lines(diagnosis: Diagnosis) -> str:
    heads = ("predicted", "true", *(TITLES[name] for name in SUMMARY_SCORES), "first", "in order", "last")
    lines = [
        "wrong events by type; rise of the scores if types are fixed in this order; and their mean rise",
        "if a type is fixed first, in this order, and last",
        f"{'':16}" + "".join(f"{head:>14}" for head in heads),
    ]
    for name in diagnosis.types:
        counts = [f"{diagnosis.count(name, side):14d}" for side in (True, False)]
        gain = diagnosis.gains[name]
        rises = [f"{gain.in_order[score]:14.2f}" for score in SUMMARY_SCORES]
        means = [f"{mean_rise(rise):14.2f}" for rise in gain]
        lines.append(f"{name:16}" + "".join([*counts, *rises, *means]))
    return "\n".join(lines)


def _part_lines(diagnosis: Diagnosis) -> str:
    heads = ("predicted", "wrong", "true", "wrong")
    lines = [
        "events by part, and how many of them are wrong",
        f"{'':44}" + "".join(f"{h:>11}" for h in heads),
    ]
    for row in diagnosis.parts:
        counts = row.predicted, row.wrong_predicted.total(), row.true, row.wrong_true.total()
        lines.append(f"{row.split:22}{row.part:22}" + "".join(f"{count:11d}" for count in counts))
    return "\n".join(lines)


def _error_rows(diagnosis: Diagnosis, videos: Sequence[str]) -> Iterable[tuple[object, ...]]:
    for (video, modality, label, start, end), predicted, type_ in diagnosis.errors:
        side = "predicted" if predicted else "true"
        yield videos[video], modality, diagnosis.classes[label], start, end, side, type_


def _gain_rows(diagnosis: Diagnosis) -> Iterable[tuple[object, ...]]:
    for name in diagnosis.types:
        for score in TITLES:
            yield name, score, *(f"{rise[score]:.4f}" for rise in diagnosis.gains[name])


def _split_rows(diagnosis: Diagnosis) -> Iterable[tuple[object, ...]]:
    for row in diagnosis.parts:
        for name in diagnosis.types:
            wrong = row.wrong_predicted[name], row.wrong_true[name]
            yield row.split, row.part, name, row.predicted, row.true, *wrong
