"""Coverage of the intervals of paired differences: ``python -m benchmarks.coverage`` simulates it.

The true difference is 0, and the effects of seeds, videos and residual vary as in committed records of
AV-Digits. ``results/tables/coverage.csv`` holds the fraction of 95 % intervals that contain 0, for the
interval of `leap.experiments.compare` and for a percentile bootstrap, and the median ratio of their widths.

Seed effects are normal. Effects of videos and residuals are either normal, or those of the records, which are
discrete and bounded: then a video is drawn with its effect and its residuals.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from leap.experiments.chapter import Chapter
from leap.experiments.chapters import encoders, leap_vs_mmil
from leap.experiments.compare import mean_squares, table_difference
from leap.experiments.records import PRIMARY, Record, read_records
from leap.experiments.tables import seed_pairs, write_table

RESULTS = Path("results")
SEEDS, TRIALS, RESAMPLES = (3, 5, 10), 1_000, 1_000

PAIRS = {
    "LEAP − MMIL, HAN": (leap_vs_mmil.CHAPTER, "LEAP", "MMIL"),
    "LEAP with − without L_avss, HAN": (leap_vs_mmil.CHAPTER, "LEAP + L_avss", "LEAP"),
    "LEAP − MMIL, MM-Pyr": (encoders.CHAPTER, "MM-Pyr, LEAP", "MM-Pyr, MMIL"),
}
"""Comparison → chapter, system and baseline.

Seeds vary little in the first; they vary much in the others, beside little or much variation of videos.
"""

SEED_MEASURES = ("audio", "visual", "audio_2", "visual_2")
"""Parts of a record's segments whose average precision stands for measures with one value per seed."""

Table = NDArray[np.float64]
Simulate = Callable[[int, np.random.Generator], Table]


@dataclass(frozen=True)
class Effects:
    """Effects of seeds, videos and residual on a paired difference, estimated from records.

    Attributes:
        seed_sd: standard deviation of seed effects.
        by_video: effects of videos with their estimated variance, (videos,).
        residuals: residuals with their estimated variance, (seeds, videos).
    """

    seed_sd: float
    by_video: NDArray[np.float64]
    residuals: Table

    def normal(self, seeds: int, random: np.random.Generator) -> Table:
        """A table (seeds, videos) of normal effects."""
        by_video = self.by_video.std() * random.standard_normal(len(self.by_video))
        residuals = self.residuals.std() * random.standard_normal((seeds, len(by_video)))
        return self._seed_effects(seeds, random) + by_video + residuals

    def resampled(self, seeds: int, random: np.random.Generator) -> Table:
        """A table (seeds, videos) of videos of the records, each with its effect and its residuals."""
        existing, videos = self.residuals.shape
        drawn = random.integers(videos, size=videos)
        residuals = self.residuals[random.integers(existing, size=(seeds, videos)), drawn]
        return self._seed_effects(seeds, random) + self.by_video[drawn] + residuals

    def _seed_effects(self, seeds: int, random: np.random.Generator) -> Table:
        return self.seed_sd * random.standard_normal((seeds, 1))


def estimate(table: Table) -> Effects:
    """Effects of a table (seeds, videos) of paired differences, by the analysis of variance."""
    (by_seed, by_video, residual), _ = mean_squares(table)
    seeds, videos = table.shape
    videos_sd = np.sqrt(max(by_video - residual, 0) / seeds)
    column_means = table.mean(axis=0) - table.mean()
    residuals = table - table.mean(axis=1, keepdims=True) - column_means
    return Effects(
        float(np.sqrt(max(by_seed - residual, 0) / videos)),
        column_means * videos_sd / column_means.std(),
        residuals * np.sqrt(residual) / residuals.std(),
    )


def record_pairs(chapter: Chapter, system: str, baseline: str) -> list[tuple[Record, Record]]:
    """Committed records of two systems of a chapter, paired by seed."""
    paths = sorted((RESULTS / "records").glob("0*.jsonl.gz"))
    records = {record.run_config(): record for record in chain.from_iterable(map(read_records, paths))}
    grid = chapter.grid("full", chapter.home)
    return seed_pairs(*([records[config] for config in grid[name]] for name in (system, baseline)))


def score_effects(pairs: list[tuple[Record, Record]]) -> Effects:
    """Effects on the primary measure."""
    return estimate(np.stack([100 * (a.scores(PRIMARY) - b.scores(PRIMARY)) for a, b in pairs]))


def one_value_per_seed(pairs: list[tuple[Record, Record]]) -> Simulate:
    """Simulate differences in average precision, (seeds, 1), drawn from all `SEED_MEASURES`, standardized."""
    parts = [[a.segments[part]["ap"] - b.segments[part]["ap"] for part in SEED_MEASURES] for a, b in pairs]
    differences = np.array(parts)  # (seeds, measures)
    pool = ((differences - differences.mean(axis=0)) / differences.std(axis=0)).ravel()
    return lambda seeds, random: random.choice(pool, (seeds, 1))


def simulations() -> Iterator[tuple[tuple[str, str], Simulate]]:
    """What is simulated: names of the measure and of the distribution, and what draws a table."""
    for name, pair in PAIRS.items():
        effects = score_effects(record_pairs(*pair))
        yield (f"scores: {name}", "normal"), effects.normal
        yield (f"scores: {name}", "of the records"), effects.resampled
    measure = "average precision and diagnostics (one value per seed)"
    yield (measure, "normal"), lambda seeds, random: random.standard_normal((seeds, 1))
    yield (measure, "of the records"), one_value_per_seed(record_pairs(*PAIRS["LEAP − MMIL, HAN"]))


def resampling(shape: tuple[int, int], random: np.random.Generator) -> tuple[Table, Table]:
    """Fraction of draws of each seed, (resamples, seeds), and of each video, (resamples, videos)."""
    seeds, videos = (random.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n for n in shape)
    return seeds, videos


def bootstrap_interval(table: Table, drawn: tuple[Table, Table]) -> tuple[float, float]:
    """Percentile interval of Owen's pigeonhole bootstrap (Annals of Applied Statistics 1, 2007)."""
    means = (drawn[0] @ table * drawn[1]).sum(axis=1)  # (resamples,)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def coverage(simulate: Simulate, seeds: int, trials: int = TRIALS) -> dict[str, float]:
    """Fraction of intervals that contain the true difference, 0, and the median ratio of their widths.

    Args:
        simulate: draws a table of paired differences, (seeds, videos), for a number of seeds.
        seeds: number of seeds.
        trials: number of tables.
    """
    random = np.random.default_rng(0)
    drawn = resampling(simulate(seeds, random).shape, random)
    ends = [_both_intervals(simulate(seeds, random), drawn) for _ in range(trials)]
    low, high = np.moveaxis(ends, -1, 0)  # each (trials, 2)
    ours, bootstrap = ((low <= 0) & (high >= 0)).mean(axis=0)
    ratio = np.median(np.divide(*(high - low).T))
    return {"interval": ours, "bootstrap": bootstrap, "width ratio": float(ratio)}


def _both_intervals(
    table: Table, drawn: tuple[Table, Table]
) -> tuple[tuple[float, float], tuple[float, float]]:
    found = table_difference(table / 100)
    return (found.low, found.high), bootstrap_interval(table, drawn)


def main() -> None:
    """Simulate all, write the table and print it."""
    rows = {
        (*names, seeds): coverage(simulate, seeds) for names, simulate in simulations() for seeds in SEEDS
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(["measure", "effects", "seeds"])
    write_table(table, RESULTS / "tables" / "coverage.csv")
    print(table.to_string())


if __name__ == "__main__":
    typer.run(main)
