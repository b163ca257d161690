"""Label semantics: LEAP with meaningful and meaningless label embeddings, on few videos and unseen classes.

Every run is LEAP on HAN with VALOR's loss. The settings of this cell were chosen on val with GloVe
embeddings, and every source of label embeddings uses them.

Few videos: training uses the first 500 or 125 videos of the split. Training on 500 videos takes 48 epochs,
which are about as many steps as 12 epochs of all 2,000 (768 and 756). Training on 125 videos takes 96 epochs,
or 384 steps: validation follows every epoch and would otherwise cost far more than the training itself.

Unseen classes: five folds leave every class out of training once. Fold k consists of every fifth class in
label order, beginning with class k. On AV-Everyday these are two or three classes, one of which is never
visible. The videos of these classes stay in the training set without their labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd

from leap.config import RunConfig
from leap.data.registry import DATASETS, dataset_title
from leap.experiments.cells import Cell, profile_config
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.claims import registered_claims
from leap.experiments.compare import sample_deviation
from leap.experiments.diagnostics import mean_cosine
from leap.experiments.estimates import tally
from leap.experiments.grid import EVERYDAY, SEEDS, Profile, with_seeds
from leap.experiments.records import PRIMARY, Record
from leap.experiments.tables import Runs, format_difference, pair_table, score_table
from leap.label_embeddings import label_embeddings
from leap.metrics.arrays import MODALITIES
from leap.metrics.titles import listed

CELL = Cell("LEAP", "separate", "VALOR's loss")
"""The cell whose label embeddings are replaced."""

CONTROL = "random orthogonal"
SOURCES = {
    "GloVe": "glove",
    "MiniLM": "minilm",
    "descriptions": "descriptions",
    CONTROL: "orthogonal",
    "near-identical": "alike",
}
"""Title → source of the label embeddings; the last two carry no meaning."""

MEANINGFUL = ("GloVe", "MiniLM", "descriptions")
DECODABLE = (*MEANINGFUL, CONTROL)
"""Sources that are compared on unseen classes."""

EPOCHS = {500: 48, 125: 96}
"""Number of training videos → epochs, where training uses fewer than all videos."""

SIZES: tuple[int | None, ...] = (None, *EPOCHS)
"""Numbers of training videos that are compared; None for all."""

FOLDS = range(1, 6)


def size_cell(source: str, videos: int | None) -> str:
    """Name of the cell of a source and a number of training videos.

    >>> size_cell("GloVe", None), size_cell("GloVe", 500)
    ('GloVe, all videos', 'GloVe, 500 videos')
    """
    return f"{source}, {videos or 'all'} videos"


def unseen_cell(source: str, fold: int) -> str:
    """Name of the cell of a source and the fold that is left out of training.

    >>> unseen_cell("descriptions", 2)
    'descriptions, fold 2 unseen'
    """
    return f"{source}, fold {fold} unseen"


def fold_classes(dataset: str, fold: int) -> tuple[str, ...]:
    """Names of the classes of a fold, from 1.

    >>> fold_classes("av-everyday", 2)
    ('dog', 'guitar', 'chainsaw')
    """
    return DATASETS[dataset].classes[fold - 1 :: len(FOLDS)]


def grid(profile: Profile, dataset: str) -> Grid:
    """Runs by source and number of training videos, and by source and unseen fold.

    Profile ``smoke`` has the first two folds only.
    """
    leap, folds = profile_config(CELL, profile, dataset), FOLDS[:2] if profile == "smoke" else FOLDS
    configs = {
        name: replace(leap, model=replace(leap.model, labels=source)) for name, source in SOURCES.items()
    }
    by_size = {
        size_cell(name, videos): _on_videos(config, videos, profile)
        for name, config in configs.items()
        for videos in SIZES
    }
    by_fold = {
        unseen_cell(name, fold): with_seeds(
            replace(configs[name], unseen=fold_classes(dataset, fold)), profile, SEEDS
        )
        for name in DECODABLE
        for fold in folds
    }
    return by_size | by_fold


def _on_videos(config: RunConfig, videos: int | None, profile: Profile) -> list[RunConfig]:
    """The seeds of a run on the first videos of the training split."""
    if videos is None:
        return with_seeds(config, profile, SEEDS)
    longer = replace(config, train=replace(config.train, epochs=EPOCHS[videos]))
    return [
        replace(run, train=replace(run.train, videos=videos)) for run in with_seeds(longer, profile, SEEDS)
    ]


NOTEBOOK = "16_label_semantics"
CHAPTER = Chapter(NOTEBOOK, grid, dataset=EVERYDAY, only=("av-digits", EVERYDAY))


def geometry_table() -> pd.DataFrame:
    """Cosines of two classes' label embeddings as given, which do not depend on any run.

    Returns:
        Index ``data set`` and ``source``; columns ``mean cosine`` and ``largest cosine``, over all pairs of
        classes.
    """
    rows = {
        (dataset_title(dataset), name): _cosines(source, DATASETS[dataset].classes)
        for dataset, (name, source) in product(CHAPTER.only, SOURCES.items())
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["data set", "source"])


def _cosines(source: str, classes: Sequence[str]) -> dict[str, float]:
    embeddings = label_embeddings(source, classes)  # (C, L)
    pairs = [mean_cosine(embeddings[[i, j]]) for i, j in combinations(range(len(classes)), 2)]
    return {"mean cosine": float(np.mean(pairs)), "largest cosine": max(pairs)}


def scores_by_size(runs: Runs) -> pd.DataFrame:
    """`leap.experiments.tables.score_table` of the cells that train on all classes."""
    cells = [size_cell(*place) for place in product(SOURCES, SIZES)]
    return score_table({cell: runs[cell] for cell in cells})


def gain_table(runs: Runs) -> pd.DataFrame:
    """Embeddings with meaning minus random orthogonal ones in the primary measure, one row per cell.

    Returns:
        Columns as in `leap.experiments.tables.pair_table`.
    """
    pairs = {
        size_cell(source, videos): (size_cell(source, videos), size_cell(CONTROL, videos))
        for source, videos in product(MEANINGFUL, SIZES)
    }
    return pair_table(runs, pairs, [PRIMARY]).droplevel("score")


def range_table(runs: Runs) -> pd.DataFrame:
    """How much the primary measure depends on which embeddings with meaning are used.

    The best and the worst source are chosen by their scores, so the range is above 0 merely by chance; the
    standard deviation over seeds shows how far.

    Returns:
        One row per number of training videos (index ``videos``); columns ``best`` and ``worst``, sources;
        ``range``, the difference of their means over seeds; and ``sd``, the largest standard deviation over
        seeds of a source.
    """
    rows = {}
    for videos in SIZES:
        scores = {name: [r.primary for r in runs[size_cell(name, videos)]] for name in MEANINGFUL}
        means = pd.Series({name: np.mean(values) for name, values in scores.items()})
        rows[videos or "all"] = {
            "best": means.idxmax(),
            "worst": means.idxmin(),
            "range": means.max() - means.min(),
            "sd": max(sample_deviation(values) for values in scores.values()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("videos")


def unseen_table(runs: Runs) -> pd.DataFrame:
    """Average precision × 100 of segments of the classes that were left out of training.

    Returns:
        Index ``modality``, ``source`` and ``fold``; columns ``classes``, the names of those left out; ``ap``
        and ``sd``, mean and standard deviation over seeds of their average precision; ``chance``, that of
        constant scores; and ``seen_ap``, that of the other classes, mean over seeds.
    """
    rows = {
        (modality, source, fold): _precision(runs[unseen_cell(source, fold)], modality)
        for modality, source, fold in product(MODALITIES, DECODABLE, FOLDS)
        if unseen_cell(source, fold) in runs
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["modality", "source", "fold"])


def _precision(records: Sequence[Record], modality: str) -> dict[str, str | float]:
    """A row of `unseen_table`."""
    values = {
        name: [record.diagnostics[f"{name}_{modality}"] for record in records]
        for name in ("unseen_ap", "unseen_chance", "seen_ap")
    }
    return {
        "classes": ", ".join(records[0].run_config().unseen),
        "ap": float(np.mean(values["unseen_ap"])),
        "sd": sample_deviation(values["unseen_ap"]),
        "chance": float(np.mean(values["unseen_chance"])),
        "seen_ap": float(np.mean(values["seen_ap"])),
    }


def unseen_means(table: pd.DataFrame) -> pd.DataFrame:
    """`unseen_table` averaged over folds.

    Returns:
        Index ``modality`` and ``source``; columns ``unseen classes``, ``chance`` and ``seen classes``, the
        average precisions; ``above chance`` and ``above random orthogonal``, the number of folds whose unseen
        classes are ranked better than that; and ``folds``, how many there are.
    """
    control = [table.loc[(modality, CONTROL, fold), "ap"] for modality, _, fold in table.index]
    columns = {
        "unseen classes": table["ap"],
        "chance": table["chance"],
        "seen classes": table["seen_ap"],
        "above chance": table["ap"] > table["chance"],
        f"above {CONTROL}": table["ap"] > control,
    }
    grouped = table.assign(**columns).groupby(["modality", "source"], sort=False)
    means = grouped[["unseen classes", "chance", "seen classes"]].mean()
    return means.join(grouped[["above chance", f"above {CONTROL}"]].sum()).assign(folds=grouped.size())


def unseen_panels(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Modality → average precision of unseen classes: one row per fold, columns chance and the sources."""
    panels = {}
    for modality in MODALITIES:
        by_source = {name: table.xs((modality, name), level=("modality", "source")) for name in DECODABLE}
        chance, classes = by_source[CONTROL]["chance"], by_source[CONTROL]["classes"]
        columns = {"chance": chance} | {name: part["ap"] for name, part in by_source.items()}
        panels[modality] = pd.DataFrame(columns).set_index(classes.rename("unseen classes"))
    return panels


def best_in_words(panels: Mapping[str, pd.DataFrame]) -> str:
    """How often each source, or chance, has the highest precision in `unseen_panels`."""
    best = pd.concat([panel.idxmax(axis=1) for panel in panels.values()]).value_counts()
    found = listed(f"{name} in {count}" for name, count in best.items())
    return f"Of {best.sum()} rows, the highest precision is that of {found}."


def conclusion(claims: pd.DataFrame, ranges: pd.DataFrame, unseen: pd.DataFrame, dataset: str) -> str:
    """What the chapter's estimates say on a data set, with the numbers of its tables.

    Args:
        claims: as returned by `leap.experiments.estimates.estimate_table`; sanity checks are not counted.
        ranges: as returned by `range_table`.
        unseen: as returned by `unseen_means`.
        dataset: name of the data set.
    """
    said = claims.apply(format_difference, axis=1)
    spread = ranges["range"].map("{:.1f}".format).tolist()  # of SIZES
    counted = [claim.id for claim in registered_claims(NOTEBOOK) if claim.kind == "claim"]
    return (
        f"On {dataset}, the gain of GloVe over random orthogonal embeddings in LEAP's primary measure is "
        f"{said['semantics-all']} with all training videos and {said['semantics-few']} with 125. The "
        "registered contrast, by how much the gain is larger with 125 videos, is "
        f"{said['semantics-more-with-few']}. The best and the worst of the {len(MEANINGFUL)} embeddings with "
        f"meaning differ by {spread[0]} with all videos, {spread[1]} with 500 and {spread[2]} with 125. "
        f"{' '.join(_unseen_in_words(unseen, modality) for modality in MODALITIES)} "
        f"{tally(claims[claims.index.isin(counted)])}"
    )


def _unseen_in_words(unseen: pd.DataFrame, modality: str) -> str:
    """Two sentences on one modality of `unseen_means`."""
    means = unseen.xs(modality, level="modality")
    ap = means["unseen classes"].map("{:.1f}".format)
    sources = [f"{ap[source]} with {source}" for source in MEANINGFUL]
    return (
        f"In {modality} segments, the average precision of classes left out of training is {sources[0]}, "
        f"{sources[1]} and {sources[2]}, against {ap[CONTROL]} with random orthogonal embeddings and "
        f"{means['chance'].mean():.1f} by chance. That of classes seen in training is "
        f"{means['seen classes'].min():.1f} to {means['seen classes'].max():.1f}."
    )
