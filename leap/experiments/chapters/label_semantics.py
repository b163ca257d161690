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

from dataclasses import replace

from leap.config import RunConfig
from leap.data.registry import DATASETS
from leap.experiments.cells import HOME, Cell, profile_config
from leap.experiments.chapter import Chapter, Grid
from leap.experiments.grid import SEEDS, Profile, with_seeds

CELL = Cell("LEAP", "separate", "VALOR's loss")
"""The cell whose label embeddings are replaced."""

SOURCES = {
    "GloVe": "glove",
    "MiniLM": "minilm",
    "descriptions": "descriptions",
    "random orthogonal": "orthogonal",
    "near-identical": "alike",
}
"""Title → source of the label embeddings; the last two carry no meaning."""

DECODABLE = ("GloVe", "MiniLM", "descriptions", "random orthogonal")
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

    Profile ``smoke`` has two folds.
    """
    leap = profile_config(CELL, profile, dataset)
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
        for fold in (FOLDS[:2] if profile == "smoke" else FOLDS)
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
CHAPTER = Chapter(NOTEBOOK, grid, dataset=HOME, only=("av-digits", HOME))
