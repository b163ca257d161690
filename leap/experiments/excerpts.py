"""Videos of a chapter as figures and, where the recordings of the data set are at hand, with players."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leap.errors import require
from leap.experiments.grid import SHIPPED
from leap.metrics.arrays import MODALITIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from leap.experiments.study import Study
    from leap.visualization.comparison import Events
    from leap.visualization.signals import Rendering


@dataclass(frozen=True)
class Material:
    """Recordings (and photographs) of a data set, which the package does not contain.

    Attributes:
        variable: environment variable with their folder.
        folder: default name of the folder, beside the committed results.
        credit: their sources and licenses.
    """

    variable: str
    folder: str
    credit: str


MATERIAL = {
    "av-digits": Material(
        "LEAP_RECORDINGS",
        "recordings",
        "Sound: Free Spoken Digit Dataset (CC BY-SA 4.0). Digits: Optical Recognition of Handwritten Digits "
        "(CC BY 4.0). Both are mixed with noise.",
    ),
    "av-everyday": Material(
        "LEAP_MATERIAL",
        "material",
        "Sound: ESC-10 (CC BY 3.0), Philharmonia Orchestra (CC BY-SA 3.0), Free Spoken Digit Dataset (CC "
        "BY-SA 4.0). Photographs: Caltech-101 (CC BY 4.0) and views of the sea (CC0). All are cut, mixed and "
        "reduced; the data card names the authors.",
    ),
}
"""Data set → its material."""


@dataclass(frozen=True)
class Excerpt:
    """A test video to show.

    Attributes:
        index: position of the video in the test split.
        caption: caption of its figure.
        parsings: system → its events; without systems, only the ground truth is shown.
        alt: alternative text of its figure.
    """

    index: int
    caption: str
    parsings: Mapping[str, Events] = field(default_factory=dict)
    alt: str = ""


def find_material(study: Study) -> Path | None:
    """Folder of the data set's recordings: from the environment, or beside the committed results."""
    if study.dataset not in MATERIAL:
        return None
    about = MATERIAL[study.dataset]
    folder = Path(os.environ.get(about.variable) or study.committed.parent / about.folder)
    return folder if folder.is_dir() else None


def show_excerpts(study: Study, chapter: str, excerpts: Sequence[Excerpt]) -> None:
    """Display test videos: signals, ground truth and parsings; a player shows the events of the last system.

    Without recordings, players are left out, and figures have signals only where these are committed: those
    of AV-Everyday are not, because they contain photographs of people.

    Args:
        study: the chapter's study.
        chapter: number of the chapter, with which the names of its committed figures begin.
        excerpts: the videos.
    """
    shown, material = require("IPython.display", "book"), find_material(study)
    names = [f"{chapter}_{study.store.ids('test')[excerpt.index]}" for excerpt in excerpts]
    if material:
        _show_rendered(study, names, excerpts, material)
    else:
        for name, excerpt in zip(names, excerpts, strict=True):
            if study.dataset == SHIPPED and (study.from_records or not excerpt.parsings):
                study.show_committed_figure(name, excerpt.caption, excerpt.alt)
            else:
                _show_figure(study, excerpt, None)
    if study.dataset in MATERIAL:
        shown.display(shown.Markdown(_note(study.dataset, material is not None)))


def _show_rendered(study: Study, names: Sequence[str], excerpts: Sequence[Excerpt], material: Path) -> None:
    """Show excerpts with their signals and players, and publish their figures under given names."""
    from leap.visualization.excerpt import show_player
    from leap.visualization.signals import render_videos

    renderings = render_videos(study.store, material, "test", [excerpt.index for excerpt in excerpts])
    for name, excerpt, rendering in zip(names, excerpts, renderings, strict=True):
        figure = _show_figure(study, excerpt, rendering)
        if study.dataset == SHIPPED:
            study.publish_figure(name, figure)
        video, truth = study.store.ids("test")[excerpt.index], _truth(study, excerpt.index)
        *_, last = [truth, *excerpt.parsings.values()]
        show_player(video, rendering, last, truth, study.store.classes)


def _show_figure(study: Study, excerpt: Excerpt, signals: Rendering | None) -> Figure:
    """Draw and show the figure of an excerpt."""
    from leap.visualization.comparison import comparison_figure
    from leap.visualization.numbered import show_figure

    truth = _truth(study, excerpt.index)
    figure = comparison_figure(excerpt.parsings, truth, study.store.classes, signals)
    show_figure(figure, excerpt.caption, excerpt.alt)
    return figure


def _truth(study: Study, index: int) -> Events:
    """True events of a test video."""
    truth = study.store.videos("test").truth()
    return {m: labels[index].numpy() for m, labels in zip(MODALITIES, truth, strict=True)}


def _note(dataset: str, playable: bool) -> str:
    """The credit of the material that is shown, or the command that gets it."""
    about = MATERIAL[dataset]
    command = f"`leap data fetch {dataset} --out {about.folder}`"
    if playable:
        return f"*{about.credit}*"
    return (
        f"*Players need the recordings, which the package does not contain: {command} at the root of the "
        f"repository gets them. `{about.variable}` may name another folder.*"
    )
