"""The results chapters in the order of the book, one module per notebook."""

from leap.config import RunConfig
from leap.errors import LeapError
from leap.experiments.chapter import Chapter
from leap.experiments.chapters import (
    audit,
    baselines,
    blocks,
    data,
    decoder_or_loss,
    denoised_labels,
    encoders,
    failures,
    gallery,
    interpretability,
    label_semantics,
    labels,
    leaderboard,
    leap_vs_mmil,
    ledger,
    llp,
    losses,
    overlap,
    performance,
    presets,
    pseudo_labels,
    scale,
    systems,
)
from leap.experiments.grid import Profile

CHAPTERS: tuple[Chapter, ...] = (
    data.CHAPTER,
    leap_vs_mmil.CHAPTER,
    llp.CHAPTER,
    encoders.CHAPTER,
    systems.CHAPTER,
    overlap.CHAPTER,
    blocks.CHAPTER,
    labels.CHAPTER,
    losses.CHAPTER,
    interpretability.CHAPTER,
    pseudo_labels.CHAPTER,
    scale.CHAPTER,
    performance.CHAPTER,
    decoder_or_loss.CHAPTER,
    denoised_labels.CHAPTER,
    label_semantics.CHAPTER,
    baselines.CHAPTER,
    failures.CHAPTER,
    gallery.CHAPTER,
    presets.CHAPTER,
    audit.CHAPTER,
    ledger.CHAPTER,
    leaderboard.CHAPTER,
)


def find_chapter(notebook: str) -> Chapter:
    """The chapter of a notebook.

    Raises:
        LeapError: no chapter has this notebook.
    """
    for chapter in CHAPTERS:
        if chapter.notebook == notebook:
            return chapter
    raise LeapError(f"no chapter {notebook!r}; known are {', '.join(c.notebook for c in CHAPTERS)}")


def own_runs(chapter: Chapter, profile: Profile, dataset: str) -> list[RunConfig]:
    """The runs of a chapter that no earlier chapter makes; its committed records are of these runs."""
    known = {
        run
        for earlier in _earlier(chapter, profile, dataset)
        for run in _possible_runs(earlier, profile, dataset)
    }
    return [config for config in chapter.configs(profile, dataset) if config not in known]


def _earlier(chapter: Chapter, profile: Profile, dataset: str) -> list[Chapter]:
    """Earlier chapters whose runs may be made on the same data set."""
    earlier = CHAPTERS[: CHAPTERS.index(chapter)]
    if profile == "paper":
        return [other for other in earlier if other.data_in_book(profile, dataset, "")[0] == dataset]
    return [other for other in earlier if other.dataset in (None, dataset)]


def _possible_runs(chapter: Chapter, profile: Profile, dataset: str) -> list[RunConfig]:
    """The runs of a chapter; none if it needs settings that were never chosen on the data set."""
    try:
        return chapter.configs(profile, dataset)
    except LeapError:
        return []
